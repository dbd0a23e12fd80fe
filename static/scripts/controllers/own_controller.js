// The agent's own strip above the list: how much they hold, who of theirs waits longest, what is due next. Asked for anew when something
// may have changed, now and then, while the page is looked at.

import { Controller } from "../../vendor/stimulus.js"
import { fetchPart } from "../part.js"
import { socket } from "../socket.js"

/** How often at most, in milliseconds. */
const ROUND = 5_000

export default class extends Controller {
  connect() {
    this.listening = new AbortController()
    const options = { signal: this.listening.signal }
    for (const kind of ["counts", "row", "resync"]) socket.addEventListener(kind, () => this.#ask(), options)
    document.addEventListener("visibilitychange", () => this.isStale && this.#ask(), options)
    this.asked = this.element.childElementCount > 0 ? Date.now() : 0
    if (!this.asked) this.#ask()
  }

  disconnect() {
    this.listening.abort()
    clearTimeout(this.later)
    this.later = null
  }

  /** At once, or when the last time is long enough ago. */
  #ask() {
    this.isStale = document.visibilityState !== "visible"
    if (this.isStale || this.later) return
    const pause = Math.max(0, this.asked + ROUND - Date.now())
    this.later = setTimeout(() => this.#fetch(), pause)
  }

  async #fetch() {
    this.asked = Date.now()
    const { signal } = this.listening
    const fresh = (await fetchPart("/inbox/own"))?.querySelector("#own")
    this.later = null
    if (!fresh || signal.aborted) return
    this.element.replaceChildren(...[...fresh.children].map((child) => document.importNode(child, true)))
  }
}
