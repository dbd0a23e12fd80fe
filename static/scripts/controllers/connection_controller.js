// The light in the rail: live, catching up, offline since.

import { Controller } from "../../vendor/stimulus.js"
import { socket } from "../socket.js"
import { clock } from "../time.js"
import { t } from "../words.js"

/** Catching up is mostly over before anybody could read it. */
const WORTH_SAYING = 400

export default class extends Controller {
  static targets = ["words"]

  connect() {
    this.show = () => this.#later()
    socket.addEventListener("state", this.show)
    this.#show()
  }

  disconnect() {
    clearTimeout(this.timer)
    socket.removeEventListener("state", this.show)
  }

  #later() {
    clearTimeout(this.timer)
    if (socket.state === "catching_up") this.timer = setTimeout(() => this.#show(), WORTH_SAYING)
    else this.#show()
  }

  #show() {
    const words = t(`connection.${socket.state}`, { time: socket.since ? clock(socket.since) : "" })
    this.element.dataset.connection = socket.state
    this.element.title = words
    if (this.wordsTarget.textContent !== words) this.wordsTarget.textContent = words
  }
}
