// The places of settings: where they stand in a row that scrolls, the one where one is comes into sight.

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  connect() {
    const row = this.element
    const here = row.querySelector("[aria-current]")
    if (!here || row.scrollWidth <= row.clientWidth) return
    const [around, place] = [row, here].map((element) => element.getBoundingClientRect())
    row.scrollLeft += place.left + place.width / 2 - around.left - around.width / 2
  }
}
