// Remembers which briefs a person closed: the card is replaced whenever the conversation changes. It starts closed where it would
// take the room of the thread, when the conversation is over, and when it is of a matter that was resolved before.

import { Controller } from "../../vendor/stimulus.js"

/** The person's choice by conversation, and apart for the brief of an earlier matter. */
const chosen = new Map()

export default class extends Controller {
  connect() {
    const { conversation, stance } = this.element.closest(".conversation").dataset
    const isEarlier = this.element.classList.contains("brief--earlier")
    this.key = isEarlier ? `${conversation} earlier` : conversation
    this.element.open = chosen.get(this.key) ?? (stance !== "resolved" && !isEarlier && matchMedia("(min-width: 768px) and (min-height: 600px)").matches)
    this.isSet = true
  }

  toggled() {
    if (this.isSet) chosen.set(this.key, this.element.open)
  }
}
