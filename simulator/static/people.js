// The list of people beside the phones.

import { avatar, call, clock, h } from "./dom.js";

/** Milliseconds between two looks when nothing is called out. */
const LOOK_EVERY = 5000;

export class People {
  constructor({ isShown, show }) {
    this.isShown = isShown;
    this.show = show;
    this.list = document.querySelector(".people-list");
    this.note = document.querySelector(".people-note");
    this.search = document.querySelector(".people-search");
    this.search.addEventListener("input", () => this.look());
    const form = document.querySelector(".person-form");
    form.addEventListener("submit", (event) => { event.preventDefault(); this.add(form); });
    setInterval(() => { if (!document.hidden) this.look(); }, LOOK_EVERY);
  }

  /** Now, and once more when what is going on has settled: the call comes at its beginning. */
  lookSoon() {
    this.look();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.look(), 700);
  }

  async look() {
    if (this.isLooking) { this.again = true; return; }
    this.isLooking = true;
    try {
      const { people, total } = await call("GET", `/phones/people?q=${encodeURIComponent(this.search.value)}`);
      this.people = people;
      this.total = total;
      this.draw();
    } catch {
      // The light says that the connection is gone; the next look comes by itself.
    }
    this.isLooking = false;
    if (this.again) { this.again = false; this.look(); }
  }

  draw() {
    const focused = document.activeElement?.dataset?.person;
    const rows = (this.people ?? []).map((person) => h("li", {}, h("button", {
      class: "person", type: "button", "aria-pressed": String(this.isShown(person.wa_id)), dataset: { person: person.wa_id },
      onclick: () => this.show(person.wa_id),
    },
      avatar(person.name), h("span", { class: "person-name" }, person.name),
      h("span", { class: "person-time" }, person.last ? clock(person.last.at) : ""),
      h("span", { class: "person-line" }, summary(person)),
      person.unread ? h("span", { class: "badge unread" }, String(person.unread), h("span", { class: "visually-hidden" }, " unread")) : null)));
    this.list.replaceChildren(...rows);
    if (focused) this.list.querySelector(`[data-person="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const hidden = (this.total ?? 0) - rows.length;
    this.note.textContent = hidden > 0 ? `${hidden} more; search to find them.` : rows.length ? "" : this.search.value ? "Nobody found." : "Nobody yet.";
  }

  async add(form) {
    const name = form.elements.name.value.trim();
    if (!name) return;
    const waId = `49151${String(Math.floor(Math.random() * 1e8)).padStart(8, "0")}`;
    try {
      await call("POST", "/control/users", { wa_id: waId, name, auto_read: false });
      form.reset();
      this.show(waId);
    } catch (error) {
      this.note.textContent = error.message;
    }
  }
}

function summary({ wa_id, online, last }) {
  const said = !last ? `+${wa_id}` : `${last.direction === "out" ? "You: " : ""}${last.text ?? last.type}`;
  return online ? said : `offline · ${said}`;
}
