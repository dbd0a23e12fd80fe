// Which of the two fields is in sight: that of an answer, or that of a note where answering is not possible.

import { t } from "../words.js"

export class Modes {
  /** The answer stays in sight though it cannot be sent: somebody else acted while this person was typing it. */
  isHeld = false

  /** `shows(mode)`: another field is in sight; `holds(isHeld)`: the answer is held, or no longer; `left()`: what was held lost the caret. */
  constructor({ conversation, text, buttons, refusal, shows, holds, left }) {
    Object.assign(this, { conversation, text, buttons, refusal, shows, holds, left })
  }

  /** Looks whose conversation it is now. Whether it may be answered since this moment. */
  fit() {
    const { stance, window, number } = this.conversation.dataset
    const couldReply = this.mayReply
    this.mayReply = stance === "mine" && window !== "closed" && number !== "disconnected"
    const holder = document.getElementById("standing")?.dataset.holder
    // What was refused while somebody else held it, or it waited elsewhere, no longer holds.
    if (this.holder !== undefined && this.holder !== holder && this.refusal.isRead) this.refusal.say("")
    this.holder = holder
    this.#hold(!this.mayReply && document.activeElement === this.text)
    this.#show(this.mayReply || this.isHeld ? (this.wanted ?? "reply") : "note")
    return this.mayReply && couldReply === false
  }

  /** The person wants to write this; they go on with it as soon as they may. */
  choose(mode) {
    this.wanted = mode
    this.#show(mode)
  }

  #show(mode) {
    const shown = this.mayReply || this.isHeld ? mode : "note"
    this.shows(shown)
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.mode === shown))
  }

  /** Their words stay in sight until they leave them, and no key goes elsewhere. */
  #hold(isHeld) {
    if (isHeld) this.refusal.say(t("composer.held"))
    else if (this.isHeld) this.refusal.unsay("composer.held")
    this.isHeld = isHeld
    this.text.readOnly = isHeld
    this.holds(isHeld)
    if (isHeld) this.text.addEventListener("blur", () => this.left(), { once: true })
  }
}
