// The bubble that stands in the thread from the keystroke until the server's own takes its place.

import { clock } from "../time.js"
import { t } from "../words.js"

/** A pending message or note with the id its final form will have. */
export function pending({ kind, id, text, picture, author, authorName }) {
  const item = element("li", kind === "note" ? "note is-pending" : "message message--outbound is-pending")
  item.id = `${kind}-${id}`
  Object.assign(item.dataset, { at: new Date().toISOString(), author, kind: kind === "note" ? "note" : "text" })
  if (kind === "note") {
    item.append(element("div", "note__body", text))
    return item
  }
  const bubble = element("div", "bubble")
  if (picture) bubble.append(image(picture))
  if (text) bubble.append(element("div", "bubble__text", text))
  bubble.append(foot())
  item.append(element("p", "message__author", authorName), bubble)
  return item
}

function image({ address, width, height }) {
  const scale = Math.min(1, 320 / Math.max(width, height))
  const picture = element("img", "")
  Object.assign(picture, { src: address, width: Math.round(width * scale), height: Math.round(height * scale), alt: t("kind.image") })
  const frame = element("div", "bubble__picture")
  frame.append(picture)
  return frame
}

function foot() {
  const foot = element("div", "ticks")
  foot.dataset.status = "queued"
  const line = element("p", "ticks__line")
  const words = element("span", "hidden-text", t("composer.pending"))
  line.append(element("time", "", clock(new Date())), words)
  foot.append(line)
  return foot
}

function element(name, className, text) {
  const made = document.createElement(name)
  if (className) made.className = className
  if (text) {
    made.textContent = text
    made.dir = "auto"
  }
  return made
}
