// One open conversation: follows its events by number, and shows what fits the one who looks.

import { Controller } from "../../vendor/stimulus.js"
import { visit } from "../../vendor/turbo.js"
import { stanceOf } from "../conversation/stance.js"
import { socket } from "../socket.js"
import { apply } from "../streams.js"
import { climb } from "../thread/ticks.js"
import { everySecond } from "../ticker.js"

export default class extends Controller {
  static targets = ["standing"]

  connect() {
    this.id = this.element.dataset.conversation
    this.heard = []
    this.#listen("event", (frame) => this.#event(frame))
    this.#listen("caught_up", (frame) => this.#caughtUp(frame))
    this.#listen("ticks", (frame) => climb(frame.html))
    this.#listen("state", (frame) => frame.seq === this.#seq && this.#apply(frame))
    this.#listen("gone", () => visit(this.element.querySelector(".thread__back").href, { action: "replace" }))
    this.#listen("beat", (frame) => this.#isBehind(frame) && socket.catchUp())
    socket.open(this.id, () => ({ since: this.#seq, ticked: this.#ticked }))
    this.stopTicking = everySecond((now) => this.#showWindow(now))
  }

  disconnect() {
    for (const stop of this.heard) stop()
    this.stopTicking?.()
    socket.close(this.id)
  }

  standingTargetConnected(standing) {
    this.element.dataset.stance = stanceOf(standing.dataset, document.body.dataset.user)
    this.#showWindow(new Date())
    this.dispatch("changed")
  }

  toggleContext(event) {
    event.preventDefault()
    this.element.classList.toggle("is-showing-context")
    const isShown = this.element.classList.contains("is-showing-context")
    this.element.querySelector(isShown ? ".context__close" : ".thread__details")?.focus()
  }

  /** Goes to the message a link names, and points at it. */
  jump(event) {
    const target = document.getElementById(event.currentTarget.hash.slice(1))
    if (!target) return
    event.preventDefault()
    for (const pointed of this.element.querySelectorAll(".is-pointed")) pointed.classList.remove("is-pointed")
    target.classList.add("is-pointed")
    target.scrollIntoView({ block: "center", behavior: "instant" })
    this.element.classList.remove("is-showing-context")
    setTimeout(() => target.classList.remove("is-pointed"), 2000)
  }

  enlarge(event) {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    const picture = event.currentTarget
    this.dispatch("enlarge", { detail: { address: picture.href, alt: picture.querySelector("img").alt } })
  }

  get #seq() {
    return Number(this.element.dataset.seq)
  }

  /** Up to when no tick is missing. What is told live does not move it: one before it may have been lost. */
  get #ticked() {
    return Number(this.element.dataset.ticked)
  }

  #isBehind({ seq, ticked }) {
    return seq !== this.#seq || ticked > this.#ticked
  }

  #event(frame) {
    if (frame.seq <= this.#seq) return
    if (frame.seq > this.#seq + 1) socket.catchUp()
    else this.#apply(frame)
  }

  /** A page that missed more than the socket tells loads itself again. */
  #caughtUp(frame) {
    if (frame.reload) visit(location.href, { action: "replace" })
    else if (frame.seq >= this.#seq) {
      this.#apply(frame)
      this.element.dataset.ticked = Math.max(frame.ticked, this.#ticked)
    }
  }

  #apply(frame) {
    this.dispatch("before-apply")
    apply(frame.html)
    this.element.dataset.seq = frame.seq
    this.dispatch("applied", { detail: { seq: frame.seq } })
  }

  #showWindow(now) {
    if (this.element.dataset.window === "none") return
    const expires = this.hasStandingTarget && this.standingTarget.dataset.windowExpires
    const window = expires && new Date(expires) > now ? "open" : "closed"
    if (this.element.dataset.window === window) return
    this.element.dataset.window = window
    this.dispatch("changed")
  }

  #listen(kind, handler) {
    const listener = (event) => event.detail.conversation === this.id && handler(event.detail)
    socket.addEventListener(kind, listener)
    this.heard.push(() => socket.removeEventListener(kind, listener))
  }
}
