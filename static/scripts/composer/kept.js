// What this tab itself remembers of a draft, at once and without the network: the last word against a page that loads an older one.

const read = (key) => {
  try {
    return JSON.parse(sessionStorage.getItem(key))
  } catch {
    return null
  }
}

export class Kept {
  constructor(kind, conversation) {
    this.key = `draft ${kind} ${document.body.dataset.user} ${conversation}`
  }

  /** `{ text, version, writer, turn, before, isSaved, sending }` as the page before this one left it, or null. */
  read() {
    const kept = read(this.key)
    return typeof kept?.text === "string" && Array.isArray(kept.sending) ? kept : null
  }

  /**
   * Also what the server has: the next page may have been made a moment before it did. A tab that is full of drafts forgets those, and
   * then goes on without: the server keeps them too.
   */
  write(kept) {
    const words = JSON.stringify(kept)
    try {
      sessionStorage.setItem(this.key, words)
    } catch {
      forgetSaved()
      this.#writeIfRoom(words)
    }
  }

  #writeIfRoom(words) {
    try {
      sessionStorage.setItem(this.key, words)
    } catch {
      sessionStorage.removeItem(this.key)
    }
  }
}

/** Makes room: what the server has of other drafts is not needed here. */
function forgetSaved() {
  for (const key of Object.keys(sessionStorage)) {
    if (!key.startsWith("draft ")) continue
    const kept = read(key)
    if (!kept || (kept.isSaved && kept.sending.length === 0)) sessionStorage.removeItem(key)
  }
}
