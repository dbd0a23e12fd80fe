// The ring around a face: what is left of the customer service window, shown under four hours.

import { Controller } from "../../vendor/stimulus.js"
import { everySecond } from "../ticker.js"
import { nearness } from "../time.js"

const SHOWN_FROM = 4 * 60 * 60_000

export default class extends Controller {
  static values = { expires: String }

  connect() {
    const expires = new Date(this.expiresValue)
    this.stop = everySecond((now) => this.#show(expires - now))
  }

  disconnect() {
    this.stop?.()
  }

  #show(left) {
    const near = nearness(left)
    this.element.classList.toggle("is-near", near !== "")
    this.element.classList.toggle("is-last", near === "last")
    if (near) this.element.firstElementChild.setAttribute("stroke-dasharray", `${Math.round((left / SHOWN_FROM) * 100)} 100`)
  }
}
