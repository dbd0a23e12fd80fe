// The keyboard map; words are in the dialog "shortcuts".

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === "Escape") return this.#leave()
    if (isWriting(event.target) || document.querySelector("dialog[open]")) return
    if (this.#act(event.key)) event.preventDefault()
  }

  #act(key) {
    switch (key) {
      case "j": return this.#walk(1)
      case "k": return this.#walk(-1)
      case "r": return this.#write("reply")
      case "n": return this.#write("note")
      case "/": return this.#write("canned")
      case "?": return this.#map()
      case "a": case "t": case "e": return this.#press(key)
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
    const composer = document.querySelector(".composer")
    composer?.dispatchEvent(new CustomEvent("composer:write", { detail: what }))
    return composer !== null
  }

  #press(key) {
    const button = [...document.querySelectorAll(`.header [data-key="${key}"]`)].find((button) => button.checkVisibility())
    button?.click()
    return button !== undefined
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

function isWriting(element) {
  return element.closest?.("input:not([type=radio]), textarea, select, [contenteditable]") !== null && element !== document.body
}
