// Sends the requests of a page of the guide, and shows what came back. All text is set as text.
"use strict";

const MOST = 30;
const responses = document.querySelector("[data-try-responses]");
const body = document.querySelector("[data-try-body]");
const status = document.querySelector("[data-try-status]");
const etags = new Map();

function cell(text, kind) {
  const made = document.createElement("td");
  made.textContent = text ?? "";
  if (kind) made.className = kind;
  return made;
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(form, conditional) {
  const method = form.method.toUpperCase();
  const headers = { Accept: "application/json" };
  const options = { method, headers, cache: "no-store", credentials: "same-origin" };
  const token = form.querySelector("[name=csrfmiddlewaretoken]");
  if (token) headers["X-CSRFToken"] = token.value;
  if (form.dataset.body) {
    headers["Content-Type"] = "application/json";
    options.body = form.dataset.body.replace("%s", Date.now().toString(36));
  }
  if (conditional) headers["If-None-Match"] = etags.get(form.action);
  const began = performance.now();
  const response = await fetch(form.action, options);
  const text = await response.text();
  return { method, response, text, took: performance.now() - began };
}

function show(form, { method, response, text, took }) {
  const cached = response.headers.get("X-Cache-Status") ?? "";
  const etag = response.headers.get("ETag") ?? "";
  if (etag && method === "GET") {
    etags.set(form.action, etag);
    form.querySelector("[data-etag]").disabled = false;
  }
  const row = document.createElement("tr");
  row.append(
    cell(method + " " + new URL(form.action).pathname),
    cell(response.status),
    cell(cached, cached ? (cached === "HIT" ? "is-hit" : "is-miss") : ""),
    cell(response.headers.get("X-Cache-Table")),
    cell(took.toFixed(1), "number"),
    cell(etag.length > 16 ? etag.slice(0, 14) + "…" : etag),
    cell(response.headers.get("Cache-Control")),
  );
  document.querySelector("[data-try-empty]")?.remove();
  responses.prepend(row);
  while (responses.children.length > MOST) responses.lastElementChild.remove();
  body.textContent = response.status === 304 ? "(none: the client has it already)" : readable(text).slice(0, 20000);
  status.textContent = "Status " + response.status + (cached ? ", " + cached : "");
}

for (const button of document.querySelectorAll("[data-needs-script]")) button.disabled = false;
for (const form of document.querySelectorAll("[data-try]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      show(form, await send(form, event.submitter?.hasAttribute("data-etag")));
    } catch {
      status.textContent = body.textContent = "The site does not respond.";
    }
  });
}
