// One message as a bubble.

import { clock, h, icon, ticks } from "./dom.js";
import { marked } from "./text.js";

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** What a message says in one line. */
export function line(message) {
  const { type } = message;
  const own = message[type];
  switch (type) {
    case "text": return own?.body ?? "";
    case "interactive": return own?.body?.text ?? own?.list_reply?.title ?? own?.button_reply?.title ?? "Message";
    case "button": return own?.text ?? "Button";
    case "image": return own?.caption ? `Photo: ${own.caption}` : "Photo";
    case "template": return `Template ${own?.name ?? ""}`;
    case "reaction": return `Reacted ${own?.emoji ?? ""}`;
    default: return type[0].toUpperCase() + type.slice(1);
  }
}

/** The element of `message`. `quoted` is the message it answers, `reaction` an emoji put on it,
 *  `used` whether its buttons were tapped, `act` what tapping does. */
export function bubble(message, { isFirst, quoted, reaction, used, act }) {
  const parts = content(message, used, act);
  const hasButtons = parts.buttons.length > 0;
  const classes = ["bubble", `is-${message.direction}`, isFirst && "is-first", hasButtons && "has-buttons", reaction && "has-reaction"];
  const meta = h("div", { class: parts.endsWithText ? "meta" : "meta is-below" },
    h("time", { datetime: new Date(message.at).toISOString() }, clock(message.at)),
    message.direction === "out" ? ticks(message.ticks) : null);
  return h("div", { class: classes.filter(Boolean).join(" "), dataset: { id: message.id, type: message.type } },
    h("span", { class: "visually-hidden" }, message.direction === "out" ? "You: " : "Business: "),
    quoted ? h("p", { class: "quote" }, line(quoted)) : null,
    ...parts.body, meta,
    hasButtons ? h("div", { class: "bubble-buttons" }, ...parts.buttons) : null,
    reaction ? h("span", { class: "reaction", role: "img", "aria-label": `Reaction ${reaction}` }, reaction) : null);
}

function content(message, used, act) {
  const own = message[message.type] ?? {};
  switch (message.type) {
    case "text": return said(text(own.body));
    case "image": case "sticker": return said(picture(own, message.type), own.caption && text(own.caption));
    case "video": case "audio": case "document":
      return said(card(message.type === "document" ? "file" : "sound", own.filename ?? titled(message.type), own.mime_type), own.caption && text(own.caption));
    case "location": return said(card("pin", own.name ?? "Location", own.address ?? `${own.latitude}, ${own.longitude}`));
    case "contacts": {
      const cards = (Array.isArray(own) ? own : []).map((one) => card("person", one.name?.formatted_name ?? "Contact", one.phones?.[0]?.phone));
      return said(...cards);
    }
    case "button": return said(text(own.text ?? own.payload ?? ""));
    case "template": return said(text(templateText(own)));
    case "interactive": return interactive(message, own, used, act);
    default: return said(h("p", { class: "is-placeholder" }, `${titled(message.type)} message`));
  }
}

function interactive(message, own, used, act) {
  const reply = own.button_reply ?? own.list_reply;
  if (reply) return said(text(reply.title), reply.description && h("p", { class: "bubble-foot" }, reply.description));
  if (!own.action) return said(h("p", { class: "is-placeholder" }, "Form answer"));
  const header = own.header?.type === "text" ? h("p", { class: "bubble-head" }, own.header.text) : own.header?.image && picture(own.header.image, "image");
  const parts = said(header, text(own.body?.text ?? ""), own.footer && h("p", { class: "bubble-foot" }, own.footer.text));
  parts.buttons = buttons(message, own, used, act);
  return parts;
}

function buttons(message, own, used, act) {
  switch (own.type) {
    case "button":
      return (own.action.buttons ?? []).map(({ reply }) =>
        h("button", { class: "reply-button", type: "button", disabled: used, dataset: { replyId: reply.id }, onclick: () => act.reply(message, "button_reply", reply) }, icon("reply"), reply.title));
    case "list":
      return [h("button", { class: "list-open", type: "button", "aria-haspopup": "dialog", onclick: (event) => act.list(message, own.action, event.currentTarget) }, icon("list"), own.action.button)];
    case "cta_url": {
      const { url = "", display_text } = own.action.parameters ?? {};
      if (!/^https?:\/\//.test(url)) return [];
      return [h("a", { class: "link-button", href: url, target: "_blank", rel: "noreferrer noopener" }, icon("link"), display_text ?? url)];
    }
    default: return [];
  }
}

function said(...body) {
  const there = body.filter(Boolean);
  const last = there.at(-1);
  // The time stands beside the last line, except where that line ends on its side.
  const endsWithText = Boolean(last?.classList.contains("bubble-text")) && !RIGHT_TO_LEFT.test(last.textContent);
  if (endsWithText) last.classList.add("is-last");
  return { body: there, buttons: [], endsWithText };
}

function text(written) {
  return h("p", { class: "bubble-text", dir: "auto" }, ...marked(String(written ?? "")));
}

function picture(own, kind) {
  const id = own.id ?? own.fetched_id;
  const address = `/phones/media/${encodeURIComponent(id)}`;
  const image = id && h("a", { href: address, target: "_blank" }, h("img", { src: address, alt: own.caption || titled(kind), loading: "lazy" }));
  return h("figure", { class: "picture" }, image);
}

function card(sign, title, detail) {
  return h("div", { class: "card" }, icon(sign), h("div", {}, title, detail ? h("small", {}, detail) : null));
}

function templateText(own) {
  const body = (own.components ?? []).find((component) => component.type?.toLowerCase() === "body");
  const values = (body?.parameters ?? []).map((parameter) => parameter.text).filter(Boolean);
  return [`Template “${own.name}”`, ...values].join("\n");
}

const titled = (kind) => kind[0].toUpperCase() + kind.slice(1);
