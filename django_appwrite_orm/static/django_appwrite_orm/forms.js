"use strict";
// Lists of inputs and the grid of permissions: buttons to add, remove and move. Without this file the forms work too.
{
  const button = (label, onClick, text) => {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "appwrite-button";
    element.textContent = text || label;
    element.setAttribute("aria-label", label);
    element.title = label;
    element.addEventListener("click", onClick);
    return element;
  };

  const inputOf = (item) => item.querySelector("input, select, textarea");

  const isEmpty = (item) => !inputOf(item).value.trim();

  const clear = (element) => {
    for (const input of element.querySelectorAll("input, select, textarea")) {
      if (input.type === "checkbox") {
        input.checked = false;
      } else if (input.tagName === "SELECT") {
        input.selectedIndex = 0;
      } else {
        input.value = "";
      }
      input.removeAttribute("aria-invalid");
    }
  };

  const dropNotes = (container) => {
    for (const note of container.querySelectorAll("[data-appwrite-no-script]")) {
      note.remove();
    }
  };

  // Lists

  const setUpList = (list) => {
    const labels = list.dataset;
    const items = () => [...list.children];
    const base = (inputOf(list).id || "").replace(/_\d+$/, "");
    let count = items().length;

    const renumber = () => {
      const all = items();
      all.forEach((item, place) => {
        const label = labels.itemLabel.replace("%(number)s", place + 1);
        inputOf(item).setAttribute("aria-label", label);
        const [up, down, remove] = item.querySelectorAll("button");
        up.disabled = place === 0;
        down.disabled = place === all.length - 1;
        up.setAttribute("aria-label", `${label}: ${labels.upLabel}`);
        down.setAttribute("aria-label", `${label}: ${labels.downLabel}`);
        remove.setAttribute("aria-label", `${label}: ${labels.removeLabel}`);
      });
    };

    const changed = () => {
      renumber();
      list.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const move = (item, step, focused) => {
      const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (!other) {
        return;
      }
      list.insertBefore(step < 0 ? item : other, step < 0 ? other : item);
      changed();
      (focused.disabled ? inputOf(item) : focused).focus();
    };

    const remove = (item) => {
      const neighbour = item.nextElementSibling || item.previousElementSibling;
      if (neighbour) {
        item.remove();
      } else {
        clear(item);
      }
      changed();
      inputOf(neighbour || item).focus();
    };

    const equip = (item) => {
      const up = button(labels.upLabel, () => move(item, -1, up), "↑");
      const down = button(labels.downLabel, () => move(item, 1, down), "↓");
      item.append(up, down, button(labels.removeLabel, () => remove(item), "✕"));
      inputOf(item).addEventListener("keydown", (event) => {
        // These keys open the list of a select.
        const isArrow = event.key === "ArrowUp" || event.key === "ArrowDown";
        if (event.altKey && isArrow && event.target.tagName !== "SELECT") {
          event.preventDefault();
          move(item, event.key === "ArrowUp" ? -1 : 1, inputOf(item));
        }
      });
    };

    const add = () => {
      const item = items()[items().length - 1].cloneNode(true);
      item.querySelectorAll("button").forEach((old) => old.remove());
      clear(item);
      inputOf(item).id = `${base}_${count}`;
      count += 1;
      list.append(item);
      equip(item);
      changed();
      inputOf(item).focus();
    };

    for (const item of items().reverse()) {
      if (isEmpty(item) && list.children.length > 1) {
        item.remove();
      }
    }
    items().forEach(equip);
    renumber();
    list.after(button(labels.addLabel, add));
  };

  // Permissions

  const setUpPermissions = (table) => {
    const body = table.tBodies[0];
    const rows = () => [...body.querySelectorAll("tr[data-new]")];
    let next = body.rows.length;

    const add = () => {
      const row = rows()[0].cloneNode(true);
      clear(row);
      for (const input of row.querySelectorAll("[name]")) {
        input.name = input.name.replace(/-\d+-([a-z]+)$/, `-${next}-$1`);
        if (input.id) {
          input.id = input.id.replace(/_\d+_role$/, `_${next}_role`);
        }
      }
      next += 1;
      body.append(row);
      row.querySelector("input").focus();
    };

    const isUnused = (row) => !row.querySelector("input").value && !row.querySelector(":checked");
    for (const row of rows().filter(isUnused).slice(1)) {
      row.remove();
    }
    table.after(button(table.dataset.addLabel, add));
  };

  const setUp = (root) => {
    const kinds = [["[data-appwrite-list]", setUpList], ["[data-appwrite-permissions]", setUpPermissions]];
    for (const [selector, start] of kinds) {
      for (const element of root.querySelectorAll(selector)) {
        // The form that Django's script copies for each new inline is left as it is.
        if (!element.closest(".empty-form") && !element.dataset.ready) {
          element.dataset.ready = "1";
          start(element);
          dropNotes(element.parentElement);
        }
      }
    }
  };

  document.addEventListener("formset:added", (event) => setUp(event.target));
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", () => setUp(document));
  } else {
    setUp(document);
  }
}
