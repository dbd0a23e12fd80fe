// Where the caret goes by itself: to the answer, as soon as the person who opened or took a conversation may write it.

import { hasKeyboard, isWriting } from "../keys.js"

/** What makes a conversation one's own, by the end of the form's address. */
const MAKES_OWN = /^\/conversations\/([^/]+)\/(assignment|reopening|undo)$/

export class Caret {
  /** The person acts: they write as soon as the conversation is theirs. */
  isDue = false

  constructor(field, conversation) {
    Object.assign(this, { field, conversation })
  }

  /** Takes the caret, unless the person writes elsewhere, or would be shown a keyboard that covers what they read. */
  take() {
    this.isDue = false
    if (!hasKeyboard() || isWriting(document.activeElement) || document.querySelector("dialog[open]")) return
    this.field.focus({ preventScroll: true })
    this.field.setSelectionRange(this.field.value.length, this.field.value.length)
  }

  /** A form of the page was sent. */
  acted({ success, formSubmission }) {
    const [, conversation] = MAKES_OWN.exec(formSubmission.location.pathname) ?? []
    this.isDue ||= success && conversation === this.conversation
  }
}
