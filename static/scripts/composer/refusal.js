// What is said above the form: why something was not done.

import { t } from "../words.js"

/** A refusal stands this long at least, in milliseconds, though what it is about changes: often both come at once. */
const READ = 5000

const place = () => document.getElementById("composer-refusal")

export class Refusal {
  constructor() {
    this.changes = new MutationObserver(() => { this.saidAt = Date.now() })
    this.changes.observe(place(), { childList: true })
  }

  stop() {
    this.changes.disconnect()
  }

  /** Without words, nothing is said any more. */
  say(words) {
    if (!words) return place().replaceChildren()
    place().replaceChildren(Object.assign(document.createElement("p"), { textContent: words }))
  }

  /** What was said holds no more. */
  unsay(key) {
    if (place().textContent === t(key)) this.say("")
  }

  /** Whether something was said, and long enough ago to have been read. */
  get isRead() {
    return Date.now() - this.saidAt > READ
  }
}
