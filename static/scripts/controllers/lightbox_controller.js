// A picture in full size.

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  static targets = ["picture", "download"]

  show({ detail: { address, alt } }) {
    this.pictureTarget.src = address
    this.pictureTarget.alt = alt
    this.downloadTarget.href = address
    this.element.showModal()
  }
}
