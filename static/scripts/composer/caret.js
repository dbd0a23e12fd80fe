// Where the caret goes by itself: to what is being written, as soon as the person who opened or took a conversation may answer it.

import { hasKeyboard, isWriting } from "../keys.js"

/** What makes a conversation one's own, by the end of the form's address. */
const MAKES_OWN = /^\/conversations\/([^/]+)\/(assignment|reopening|undo)$/

export class Caret {
  /** The person acts: they write as soon as the conversation is theirs. */
  isDue = false

  constructor(conversation) {
    this.conversation = conversation
  }

  /** The field in sight takes the caret, unless the person writes elsewhere, or would be shown a keyboard that covers what they read. */
  take(field) {
    this.isDue = false
    if (!hasKeyboard() || isWriting(document.activeElement) || document.querySelector("dialog[open]")) return
    field.focus({ preventScroll: true })
    field.setSelectionRange(field.value.length, field.value.length)
  }

  /** A form of the page was sent. */
  acted({ success, formSubmission }) {
    const [, conversation] = MAKES_OWN.exec(formSubmission.location.pathname) ?? []
    this.isDue ||= success && conversation === this.conversation
  }
}
