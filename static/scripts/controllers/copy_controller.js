// A text to be copied: the button stands only where there are scripts; without them the text is selected by hand.

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  static targets = ["text", "button", "words", "told"]
  static values = { done: String }

  connect() {
    this.buttonTarget.hidden = false
  }

  async copy() {
    this.textTarget.select()
    try {
      await navigator.clipboard.writeText(this.textTarget.value)
      this.wordsTarget.textContent = this.toldTarget.textContent = this.doneValue
      this.buttonTarget.focus()
    } catch {
      // Not allowed, or not over TLS: it is selected, and the keys copy it.
      this.textTarget.focus()
    }
  }
}
