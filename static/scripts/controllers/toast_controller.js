// A few words at the edge of the page, gone after a while; the while is longer for whoever is on them.

import { Controller } from "../../vendor/stimulus.js"

const STEP = 250

/** More at once would cover the list; the oldest makes room. */
const MOST = 5

export default class extends Controller {
  static values = { left: Number, most: Number }

  connect() {
    const all = [...this.element.parentElement.children]
    for (const old of all.slice(0, -MOST)) old.remove()
    this.before = Date.now()
    this.timer = setInterval(() => this.#pass(), STEP)
  }

  disconnect() {
    clearInterval(this.timer)
  }

  /** What is left is kept in the element: it moves from page to page. */
  #pass() {
    const passed = Date.now() - this.before
    this.before += passed
    this.mostValue -= passed
    if (!this.element.matches(":hover, :focus-within")) this.leftValue -= passed
    if (Math.min(this.leftValue, this.mostValue) <= 0) this.#go()
  }

  #go() {
    const hadFocus = this.element.contains(document.activeElement)
    this.element.remove()
    if (hadFocus) document.querySelector(".conversation")?.focus({ preventScroll: true })
  }
}
