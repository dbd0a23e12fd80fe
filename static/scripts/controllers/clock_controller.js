// Keeps a <time> in words: the time of day, the day, how long since, how long until, how far from something that is due.

import { Controller } from "../../vendor/stimulus.js"
import { everySecond } from "../ticker.js"
import { clock, day, duration, full, moment, nearness } from "../time.js"
import { t } from "../words.js"

const AMBER_SHARE = 0.5
const MINUTE = 60_000

export default class extends Controller {
  static values = { shown: String }

  connect() {
    this.at = new Date(this.element.dateTime)
    this.element.title = full(this.at)
    this.stop = everySecond((now) => this.#show(now))
  }

  disconnect() {
    this.stop?.()
  }

  #show(now) {
    const text = this.#text(now)
    if (this.element.textContent !== text) this.element.textContent = text
  }

  #text(now) {
    switch (this.shownValue) {
      case "day": return day(this.at, now)
      case "moment": return moment(this.at, now)
      case "waiting": return this.#waiting(now - this.at)
      // Never "now": what follows "due in" and "late by" is a length.
      case "due": return duration(Math.max(Math.abs(this.at - now), MINUTE))
      case "left": return this.#left(this.at - now)
      default: return clock(this.at)
    }
  }

  /** Amber at half of what the queue promises, red past it. */
  #waiting(waited) {
    const frame = this.element.closest("[data-promise]")
    if (frame) {
      const promised = Number(frame.dataset.promise) * 60_000
      frame.classList.toggle("is-late", waited > promised)
      frame.classList.toggle("is-amber", waited > promised * AMBER_SHARE && waited <= promised)
    }
    return duration(waited)
  }

  #left(left) {
    const frame = this.element.closest(".header__window")
    frame?.classList.toggle("is-near", nearness(left) === "near")
    frame?.classList.toggle("is-last", nearness(left) === "last")
    return left > 0 ? duration(left) : t("clock.closed")
  }
}
