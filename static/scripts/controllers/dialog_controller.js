// A form in a dialog: the dialog closes when the form has been answered.

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  done(event) {
    this.element.closest("dialog")?.close()
    if (event.detail.success) this.element.reset?.()
  }
}
