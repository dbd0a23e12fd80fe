// The keyboard map; words are in the dialog "shortcuts". A key that ends or moves a conversation acts on the one that is open and in
// sight, once for each press, and what it did is offered to be taken back.

import { Controller } from "../../vendor/stimulus.js"
import * as Turbo from "../../vendor/turbo.js"
import { isComposing, isWriting } from "../keys.js"

/** Frames of which another page was asked for, and is not drawn yet. Turbo's own mark goes when the answer begins. */
const asking = new WeakSet()
document.addEventListener("turbo:before-fetch-request", ({ target }) => asking.add(target))
for (const kind of ["turbo:frame-render", "turbo:frame-missing", "turbo:fetch-request-error"]) {
  document.addEventListener(kind, ({ target }) => asking.delete(target))
}

export default class extends Controller {
  press(event) {
    if (event.defaultPrevented || isComposing(event)) return
    if (event.key === "Escape") return this.#leave()
    if (isWriting(event.target) || document.querySelector("dialog[open]")) return
    if (this.#act(event)) event.preventDefault()
  }

  #act(event) {
    const key = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase()
    if (event.ctrlKey || event.metaKey || event.altKey) return key === "z" && !event.altKey && this.#undo(event)
    switch (key) {
      case "j": return this.#walk(1)
      case "k": return this.#walk(-1)
      case "r": return this.#write("reply")
      case "n": return this.#write("note")
      case "/": return this.#write("canned")
      case "?": return this.#map()
      case "u": return this.#undo(event)
      case "a": case "A": case "t": case "e": case "E": return this.#press(key, event)
      default: return false
    }
  }

  #walk(step) {
    const links = [...document.querySelectorAll(".row__link")].filter((link) => link.checkVisibility())
    if (links.length === 0) return false
    const from = links.findIndex((link) => link === document.activeElement)
    const current = links.findIndex((link) => link.hasAttribute("aria-current"))
    // The row one stood on may have gone: the one that took its place is next.
    const start = from >= 0 ? from : current >= 0 ? current : (this.place ?? 0) - (step > 0 ? 1 : 0)
    this.place = Math.max(0, Math.min(links.length - 1, start + step))
    links[this.place].focus()
    return true
  }

  #write(what) {
    if (isOnItsWay()) return false
    const composer = document.querySelector(".composer")
    composer?.dispatchEvent(new CustomEvent("composer:write", { detail: what }))
    return composer !== null
  }

  #press(key, event) {
    if (event.repeat || isElsewhere()) return false
    const button = [...document.querySelectorAll(`.header [data-key="${key}"]`)].find((button) => button.checkVisibility())
    button?.click()
    return button !== undefined
  }

  #undo(event) {
    const button = [...document.querySelectorAll('.toast [data-key="u"]')].at(-1)
    if (!button || event.repeat) return false
    button.click()
    return true
  }

  #map() {
    document.getElementById("shortcuts")?.showModal()
    return true
  }

  #leave() {
    const panel = document.querySelector(".is-showing-context")
    panel?.classList.remove("is-showing-context")
    if (isWriting(document.activeElement)) document.activeElement.blur()
  }
}

/** Whether another conversation than the one in sight was chosen, and is still to come. One that came is in sight before Turbo is done. */
function isOnItsWay() {
  return asking.has(document.getElementById("conversation")) || Turbo.navigator.currentVisit?.willRender === true
}

/** Whether the person has turned to another conversation than the one that is open: it is on its way, or they stand on its row. */
function isElsewhere() {
  if (isOnItsWay()) return true
  const row = document.activeElement?.closest(".row")
  return Boolean(row) && !row.classList.contains("is-current")
}
