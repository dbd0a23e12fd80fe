// One phone: its switches, its list of chats, and the chat that is open.

import { avatar, call, clock, day, h, icon } from "./dom.js";
import { bubble, line } from "./bubble.js";
import { openSheet } from "./sheet.js";

/** Largest picture sent, in bytes. */
const PICTURE_LIMIT = 16 * 1024 * 1024;

export class Phone {
  /** `say` talks to the simulator's socket, `remove` takes the phone off the screen. */
  constructor(waId, { say, remove }) {
    this.waId = waId;
    this.say = say;
    this.messages = new Map();
    this.chats = [];
    this.open = undefined;
    this.shown = undefined;
    this.build(remove);
  }

  build(remove) {
    this.name = h("h2", { class: "phone-name" });
    this.switches = {
      online: this.switch("online", "Online", "wifi"),
      receipts: this.switch("receipts", "Receipts", "receipts"),
      blocked: this.switch("blocked", "Block", "block"),
    };
    this.time = h("span", {});
    this.signal = h("span", { class: "status-icons", "aria-hidden": "true" });
    this.view = h("div", { class: "chat" });
    this.screen = h("div", { class: "screen" },
      h("div", { class: "status-bar", "aria-hidden": "true" }, this.time, this.signal),
      this.view, h("div", { class: "home-bar", "aria-hidden": "true" }));
    this.element = h("article", { class: "phone", dataset: { waId: this.waId }, "aria-label": "Phone" },
      h("div", { class: "phone-owner" }, this.name,
        h("button", { class: "icon-button phone-remove", type: "button", "aria-label": "Put the phone away", onclick: remove }, icon("close"))),
      h("div", { class: "phone-switches" }, ...Object.values(this.switches)),
      h("div", { class: "phone-body" }, this.screen));
  }

  switch(name, words, sign) {
    return h("button", { class: `switch is-${name === "blocked" ? "block" : name}`, type: "button", dataset: { switch: name }, "aria-pressed": "false", onclick: () => this.set({ [name]: !this.phone[name] }) }, icon(sign), words);
  }

  async set(change) {
    try {
      await call("PATCH", `/control/users/${this.waId}`, change);
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Everything anew, with messages. */
  showAll(phone) {
    this.messages = new Map(phone.chats.map((chat) => [chat.phone_number_id, chat.messages]));
    this.update(phone);
    const known = phone.chats.some((chat) => chat.phone_number_id === this.open);
    if (this.open === undefined || (this.open !== null && !known)) {
      const latest = phone.chats.toSorted((a, b) => (b.last?.at ?? 0) - (a.last?.at ?? 0))[0];
      this.open = latest?.phone_number_id ?? null;
    }
    this.shown = undefined;
    if (this.open) this.say({ type: "open", wa_id: this.waId, phone_number_id: this.open });
    this.draw();
  }

  /** Switches, typing and unread counts. */
  update(phone) {
    const wasBlocked = this.phone?.blocked;
    this.phone = phone;
    this.chats = phone.chats;
    this.element.setAttribute("aria-label", `Phone of ${phone.name}`);
    this.name.replaceChildren(phone.name, h("span", { class: "phone-number" }, `+${phone.wa_id}`));
    for (const [name, element] of Object.entries(this.switches)) element.setAttribute("aria-pressed", String(Boolean(phone[name])));
    this.switches.blocked.lastChild.textContent = phone.blocked ? "Blocked" : "Block";
    this.element.dataset.online = String(phone.online);
    this.signal.replaceChildren(icon(phone.online ? "wifi" : "offline"), icon("battery"));
    this.tell();
    if (this.shown === undefined) return;
    if (this.open === null || wasBlocked !== phone.blocked) return this.draw();
    this.drawPresence();
  }

  /** The time on top. */
  tell() {
    this.time.textContent = clock(Date.now());
  }

  /** A message came or changed. */
  take(number, message) {
    const list = this.messages.get(number) ?? [];
    this.messages.set(number, list);
    const place = list.findIndex((one) => one.id === message.id);
    if (place >= 0) list[place] = message;
    else list.push(message);
    const chat = this.chats.find((one) => one.phone_number_id === number);
    if (chat) chat.last = list.at(-1);
    if (number === this.open) this.drawThread();
  }

  draw() {
    if (this.open === null) return this.drawChats();
    this.drawChat();
  }

  drawChats() {
    this.shown = null;
    const rows = this.chats.map((chat) => h("li", {}, h("button", { class: "chat-row", type: "button", dataset: { number: chat.phone_number_id }, onclick: () => this.enter(chat.phone_number_id) },
      avatar(chat.name), h("span", { class: "person-name" }, chat.name),
      h("span", { class: "person-time" }, chat.last ? clock(chat.last.at) : ""),
      h("span", { class: "person-line" }, chat.typing ? "typing…" : chat.last ? line(chat.last) : "No messages yet"),
      chat.unread ? h("span", { class: "badge unread" }, String(chat.unread), h("span", { class: "visually-hidden" }, " unread")) : null)));
    const empty = h("p", { class: "chats-empty" }, "There is no business yet. POST /control/numbers makes one.");
    this.view.replaceChildren(h("h3", { class: "chats-title" }, "Chats"), rows.length ? h("ul", { class: "chats" }, ...rows) : h("div", { class: "chats" }, empty));
  }

  enter(number) {
    this.open = number;
    this.say({ type: "open", wa_id: this.waId, phone_number_id: number });
    this.draw();
    this.view.querySelector("input[name=text]")?.focus();
  }

  leave() {
    this.say({ type: "close", wa_id: this.waId, phone_number_id: this.open });
    this.open = null;
    this.draw();
    this.view.querySelector(".chat-row")?.focus();
  }

  get chat() {
    return this.chats.find((chat) => chat.phone_number_id === this.open) ?? { name: "Business", display_phone_number: "" };
  }

  drawChat() {
    const draft = this.view.querySelector("input[name=text]")?.value ?? "";
    this.shown = this.open;
    this.presence = h("p", { class: "presence", "aria-live": "polite" });
    this.thread = h("div", { class: "thread", tabindex: "0", role: "log", "aria-label": `Messages with ${this.chat.name}` });
    this.view.replaceChildren(
      h("header", { class: "chat-header" },
        h("button", { class: "icon-button chat-back", type: "button", "aria-label": "Back to chats", onclick: () => this.leave() }, icon("back")),
        avatar(this.chat.name),
        h("div", { class: "chat-title" }, h("h3", { class: "chat-name" }, this.chat.name), this.presence)),
      this.thread,
      h("div", { class: "notice", role: "alert", hidden: true }),
      this.phone.blocked ? this.unblock() : this.composer(draft));
    this.drawPresence();
    this.drawThread(true);
  }

  unblock() {
    return h("div", { class: "blocked" }, "You blocked this business. It cannot reach you.",
      h("button", { type: "button", onclick: () => this.set({ blocked: false }) }, "Unblock"));
  }

  composer(draft) {
    const input = h("input", { name: "text", type: "text", placeholder: "Message", "aria-label": "Message", maxlength: "4096", autocomplete: "off", enterkeyhint: "send" });
    input.value = draft;
    const picture = h("input", { class: "visually-hidden", name: "picture", type: "file", accept: "image/jpeg,image/png,image/webp", "aria-label": "Send a picture", onchange: () => this.sendPicture(picture, input) });
    return h("form", { class: "compose", onsubmit: (event) => { event.preventDefault(); this.sendText(input); } },
      h("label", { class: "icon-button attach", title: "Send a picture" }, icon("attach"), picture),
      input,
      h("button", { class: "send", type: "submit", "aria-label": "Send" }, icon("send")));
  }

  drawPresence() {
    const { typing, display_phone_number } = this.chat;
    this.presence.toggleAttribute("data-typing", Boolean(typing));
    this.presence.textContent = !this.phone.online ? "Waiting for network…" : typing ? "typing…" : display_phone_number;
    const dots = this.thread.querySelector(".typing-dots");
    if (!typing) dots?.remove();
    else if (!dots) this.drawThread();
  }

  drawThread(toEnd = false) {
    const list = this.messages.get(this.open) ?? [];
    const atEnd = toEnd || this.thread.scrollHeight - this.thread.scrollTop - this.thread.clientHeight < 80;
    const byId = new Map(list.map((message) => [message.id, message]));
    const reactions = new Map();
    const answered = new Set();
    for (const message of list) {
      if (message.type === "reaction") reactions.set(message.reaction?.message_id, message.reaction?.emoji);
      if (message.direction === "out" && message.context?.id) answered.add(message.context.id);
    }
    const act = { reply: (message, kind, reply) => this.answer(message, kind, reply), list: (message, action, opener) => this.choose(message, action, opener) };
    const drawn = [];
    let previous;
    for (const message of list) {
      if (message.type === "reaction" && byId.has(message.reaction?.message_id)) continue;
      const isNewDay = !previous || day(previous.at) !== day(message.at);
      if (isNewDay) drawn.push(h("p", { class: "day" }, day(message.at)));
      const quoted = byId.get(message.context?.id ?? message.context?.message_id);
      drawn.push(bubble(message, { isFirst: isNewDay || previous.direction !== message.direction, quoted, reaction: reactions.get(message.id), used: answered.has(message.id), act }));
      previous = message;
    }
    if (this.chat.typing) drawn.push(h("div", { class: "typing-dots", "aria-hidden": "true" }, h("span"), h("span"), h("span")));
    this.patch(drawn);
    if (atEnd) this.thread.scrollTop = this.thread.scrollHeight;
  }

  /** Replaces only what differs, so that focus, selection and pictures stay. */
  patch(drawn) {
    const there = [...this.thread.children];
    drawn.forEach((element, place) => {
      const old = there[place];
      if (!old) this.thread.append(element);
      else if (!old.isEqualNode(element)) old.replaceWith(element);
    });
    there.slice(drawn.length).forEach((old) => old.remove());
  }

  async sendText(input) {
    const body = input.value.trim();
    if (!body) return;
    input.value = "";
    await this.write({ type: "text", text: { body } }, () => { input.value ||= body; });
  }

  async sendPicture(picker, input) {
    const file = picker.files[0];
    picker.value = "";
    if (!file) return;
    if (file.size > PICTURE_LIMIT) return this.refuse(new Error("A picture may have at most 16 MB."));
    const caption = input.value.trim();
    input.value = "";
    const bytes = new Uint8Array(await file.arrayBuffer());
    let binary = "";
    for (let at = 0; at < bytes.length; at += 32768) binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
    const image = { data_base64: btoa(binary), mime_type: file.type || "image/jpeg" };
    if (caption) image.caption = caption;
    await this.write({ type: "image", image }, () => { input.value ||= caption; });
  }

  answer(message, kind, reply) {
    return this.write({ type: "interactive", interactive: { type: kind, [kind]: reply }, context: { id: message.id } });
  }

  choose(message, action, opener) {
    openSheet(this.screen, action, opener, (row) => this.answer(message, "list_reply", row));
  }

  async write(message, undo) {
    this.notice("");
    try {
      await call("POST", `/control/users/${this.waId}/messages`, { ...message, phone_number_id: this.open });
      this.thread.scrollTop = this.thread.scrollHeight;
    } catch (error) {
      undo?.();
      this.refuse(error);
    }
  }

  refuse(error) {
    this.notice(error.message);
  }

  notice(words) {
    const notice = this.view.querySelector(".notice");
    if (!notice) return;
    notice.textContent = words;
    notice.hidden = !words;
  }
}
