// What a form would come to, shown while one types: the server says it. Without scripts a button asks for it.

import { Controller } from "../../vendor/stimulus.js"
import { post } from "../post.js"

const PAUSE = 300

export default class extends Controller {
  static targets = ["plain", "told"]
  static values = { address: String }

  connect() {
    for (const button of this.plainTargets) button.hidden = true
  }

  disconnect() {
    clearTimeout(this.pause)
    this.asked = null
  }

  typed() {
    clearTimeout(this.pause)
    this.pause = setTimeout(() => this.#show(), PAUSE)
  }

  async #show() {
    const asked = (this.asked = {})
    const response = await post(this.addressValue, new URLSearchParams(new FormData(this.element)))
    if (!response || response.redirected) return
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const told = page.getElementById(this.toldTarget.id)
    if (told && asked === this.asked) this.toldTarget.replaceChildren(...told.childNodes)
  }
}
