// Shows what changed while an answer was being written, and sends it anyway when the person says so.

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  static targets = ["form"]

  formTargetConnected() {
    if (!this.element.open) this.element.showModal()
  }

  send(event) {
    event.preventDefault()
    const fields = new FormData(this.formTarget)
    this.element.close()
    this.dispatch("send", { detail: { text: fields.get("text"), seen: fields.get("seen"), resolve: fields.has("resolve") } })
  }

  back(event) {
    event.preventDefault()
    this.element.close()
    document.getElementById("reply-text")?.focus()
  }
}
