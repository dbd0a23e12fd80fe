// The drafts of a composer, for the customer and for colleagues, with what another page of the same person wrote there: both are in
// sight, and the person chooses.

import { readJson } from "../post.js"
import { t } from "../words.js"
import { Draft } from "./draft.js"

export class Drafts {
  /** `fields`, `others` (where another page's text is shown) and `modes` by kind; `changed(kind)`: a field was written over. */
  constructor({ conversation, fields, others, modes, changed, cut }) {
    Object.assign(this, { conversation, fields, others, modes })
    const draft = (kind) => new Draft({
      kind, cut, conversation, field: fields[kind],
      told: () => {
        changed(kind)
        this.show()
      },
    })
    this.reply = draft("reply")
    this.note = draft("note")
    this.show()
  }

  typed(kind) {
    this[kind].typed()
    this.show()
  }

  save() {
    for (const draft of this.#both) draft.save()
  }

  /** Looks what the server has: another page of this person may have written. */
  async look() {
    if (this.isLooking) return
    this.isLooking = true
    const drafts = await fetchDrafts(this.reply.address)
    this.isLooking = false
    if (drafts) for (const draft of this.#both) draft.seen(drafts[draft.kind])
  }

  lookForSent() {
    for (const draft of this.#both) draft.lookForSent()
  }

  stop() {
    for (const draft of this.#both) draft.stop()
  }

  /** Another page of this person began a draft, or sent one. */
  heard({ conversation, kind, writer }) {
    if (conversation === this.conversation && writer !== this[kind]?.writer) this.look()
  }

  /** The draft whose other text stands around this element. */
  around(element) {
    return this[element.closest("[data-kind]").dataset.kind]
  }

  /** What the other page wrote, and that a draft waits behind the other tab. */
  show() {
    for (const draft of this.#both) {
      const [other, mode] = [this.others[draft.kind], this.modes[draft.kind]]
      other.hidden = !draft.newer
      other.querySelector("blockquote").textContent = draft.newer?.body ?? ""
      mode.classList.toggle("is-begun", draft.text !== "")
      mode.title = draft.text ? t("composer.waits") : ""
    }
  }

  get #both() {
    return [this.reply, this.note].filter(Boolean)
  }
}

async function fetchDrafts(address) {
  try {
    const response = await fetch(address, { headers: { "X-Baton": "live" }, credentials: "same-origin" })
    return response.ok && !response.redirected ? await readJson(response) : null
  } catch {
    return null
  }
}
