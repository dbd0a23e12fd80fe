// The bottom sheet with the rows of a list message.

import { h, icon } from "./dom.js";

/** Opens it over `screen`; `pick(row)` is called once. Escape, the cross and the shade close it. */
export function openSheet(screen, action, opener, pick) {
  const others = [...screen.children];
  const close = () => {
    shade.remove();
    for (const other of others) other.inert = false;
    opener?.focus();
  };
  const rows = (action.sections ?? []).flatMap((section) => [
    section.title ? h("p", { class: "sheet-section" }, section.title) : null,
    ...(section.rows ?? []).map((row) => h("button", {
      class: "list-row", type: "button", dataset: { rowId: row.id },
      onclick: () => { close(); pick(row); },
    }, row.title, row.description ? h("small", {}, row.description) : null)),
  ]).filter(Boolean);
  const sheet = h("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": action.button ?? "Options" },
    h("div", { class: "sheet-head" },
      h("p", { class: "sheet-title" }, action.button ?? "Options"),
      h("button", { class: "icon-button", type: "button", "aria-label": "Close list", onclick: close }, icon("close"))),
    h("div", { class: "sheet-rows" }, ...rows));
  const shade = h("div", {
    class: "sheet-shade",
    onclick: (event) => { if (event.target === shade) close(); },
    onkeydown: (event) => { if (event.key === "Escape") close(); },
  }, sheet);
  for (const other of others) other.inert = true;
  screen.append(shade);
  sheet.querySelector(".list-row")?.focus();
}
