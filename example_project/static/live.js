// Adds what the site's stream of events reports to the list of the page. All text is set as text.
"use strict";

const MOST = 50;
const list = document.querySelector("[data-live-list]");
const state = document.querySelector("[data-live-state]");

function say(text, kind) {
  state.textContent = text;
  state.className = "live-state" + (kind ? " is-" + kind : "");
}

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function show(change) {
  const item = document.createElement("li");
  const now = new Date();
  const time = element("time", now.toLocaleTimeString("en-GB"));
  time.dateTime = now.toISOString();
  let name = element("span", change.name);
  if (change.code && change.action !== "delete") {
    name = element("a", change.name);
    name.href = list.dataset.liveAirports + encodeURIComponent(change.code) + "/";
  }
  item.append(time, element("b", change.action), name, element("span", change.facts, "facts-of"));
  document.querySelector("[data-live-empty]")?.remove();
  list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild.remove();
}

const events = new EventSource(list.dataset.liveEvents);
say("Connecting ...");
events.addEventListener("listening", () => say("Listening: changes appear at once.", "on"));
events.addEventListener("waiting", () => say("The site waits for its connection to Appwrite."));
events.addEventListener("change", (event) => show(JSON.parse(event.data)));
events.addEventListener("error", () => {
  const over = events.readyState === EventSource.CLOSED;
  say(over ? "The site refuses to send events. Reload the page to try again." : "The connection is lost; trying again. Changes meanwhile are not shown.", "lost");
});

// The button changes something without leaving the page, so that the change is seen to arrive.
document.querySelector("[data-live-change]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  try {
    await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  } catch {
    say("The change could not be sent: the site does not respond.", "lost");
  }
});
