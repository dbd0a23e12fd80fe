// The person's own choice: online or away.

import { Controller } from "../../vendor/stimulus.js"
import { follow, post } from "../post.js"
import { t } from "../words.js"

export default class extends Controller {
  static targets = ["switch", "words"]

  connect() {
    this.tabs = new BroadcastChannel("availability")
    this.tabs.onmessage = (message) => this.#show(message.data)
  }

  disconnect() {
    this.tabs.close()
  }

  async change(event) {
    event.preventDefault()
    const wanted = this.switchTarget.value
    const before = this.switchTarget.dataset.availability
    this.#show(wanted)
    const response = await post(this.element.action, { availability: wanted })
    if (!response?.ok) return this.#show(before)
    this.tabs.postMessage(wanted)
    // Whoever holds something is asked what becomes of it.
    await follow(response)
  }

  #show(availability) {
    const isOnline = availability === "online"
    this.switchTarget.dataset.availability = availability
    this.switchTarget.value = isOnline ? "away" : "online"
    this.switchTarget.title = t(isOnline ? "presence.go_away" : "presence.go_online")
    this.wordsTarget.textContent = t(`presence.${availability}`)
  }
}
