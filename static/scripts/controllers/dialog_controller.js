// A form in a dialog: the dialog closes when the form was taken; else what is said above the composer has to be seen as well.

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  done(event) {
    if (!event.detail.fetchResponse) return
    this.element.querySelector(".dialog__refusal")?.replaceChildren()
    this.element.closest("dialog")?.close()
    if (event.detail.success) this.element.reset?.()
  }
}
