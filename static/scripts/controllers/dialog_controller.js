// A form in a dialog: the dialog closes when the form was taken; else what is said above the composer has to be seen as well. It
// carries who held the conversation when it was opened, so that nobody moves what a colleague has just moved.

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  static targets = ["seen"]

  connect() {
    this.dialog = this.element.closest("dialog")
    this.observer = new MutationObserver(() => this.dialog.open && this.#look())
    this.observer.observe(this.dialog, { attributeFilter: ["open"] })
  }

  disconnect() {
    this.observer.disconnect()
  }

  done(event) {
    if (!event.detail.fetchResponse) return
    this.element.querySelector(".dialog__refusal")?.replaceChildren()
    this.dialog.close()
    if (event.detail.success) this.element.reset?.()
  }

  #look() {
    const holder = document.getElementById("standing")?.dataset.holder
    if (this.hasSeenTarget && holder) this.seenTarget.value = holder
  }
}
