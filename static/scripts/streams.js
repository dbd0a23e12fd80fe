// Applies Turbo Streams at once and in order. Turbo itself waits for the next frame of the screen, which never comes in a tab that
// is not shown, and our sequence numbers must say what is on the page.

import { StreamActions } from "../vendor/turbo.js"

/** Carries out every `<turbo-stream>` of `html`. */
export function apply(html) {
  if (!html) return
  const template = document.createElement("template")
  template.innerHTML = html
  const held = document.activeElement
  for (const stream of template.content.querySelectorAll("turbo-stream")) {
    const element = document.importNode(stream, true)
    StreamActions[element.getAttribute("action")]?.call(element)
  }
  // What had the focus was replaced: stay in the conversation instead of falling to the top of the page.
  if (held && held !== document.body && !held.isConnected) document.querySelector(".conversation")?.focus({ preventScroll: true })
}

/** The element of a piece of HTML. */
export function elementOf(html) {
  const element = inertElementOf(html)
  return element && document.importNode(element, true)
}

/** As `elementOf`, of no document that is shown: to be compared, or to be imported. */
export function inertElementOf(html) {
  const template = document.createElement("template")
  template.innerHTML = html.trim()
  return template.content.firstElementChild
}
