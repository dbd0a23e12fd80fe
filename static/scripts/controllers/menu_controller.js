// A <details> menu that closes when the person turns elsewhere.

import { Controller } from "../../vendor/stimulus.js"
import { isComposing } from "../keys.js"

export default class extends Controller {
  key(event) {
    if (isComposing(event) || event.key !== "Escape" || !this.element.open) return
    this.element.open = false
    this.element.querySelector("summary").focus()
  }

  outside(event) {
    if (!this.element.contains(event.target)) this.element.open = false
  }
}
