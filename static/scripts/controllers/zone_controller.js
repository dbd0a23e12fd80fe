// A choice of time zones: proposes the browser's own while nobody has chosen.

import { Controller } from "../../vendor/stimulus.js"

export default class extends Controller {
  static values = { open: Boolean }

  connect() {
    if (!this.openValue) return
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
    if ([...this.element.options].some(({ value }) => value === timeZone)) this.element.value = timeZone
  }
}
