// Remembers which briefs a person closed: the card is replaced whenever the conversation changes. It starts closed where it would
// take the room of the thread, and when the conversation is over.

import { Controller } from "../../vendor/stimulus.js"

/** The person's choice by conversation. */
const chosen = new Map()

export default class extends Controller {
  connect() {
    const { conversation, stance } = this.element.closest(".conversation").dataset
    this.conversation = conversation
    this.element.open = chosen.get(conversation) ?? (stance !== "resolved" && matchMedia("(min-width: 768px) and (min-height: 600px)").matches)
    this.isSet = true
  }

  toggled() {
    if (this.isSet) chosen.set(this.conversation, this.element.open)
  }
}
