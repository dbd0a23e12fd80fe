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

  /** `{ text, version, writer, turn, isSaved, sending }` as the page before this one left it, or null. */
  read() {
    const kept = read(this.key)
    return typeof kept?.text === "string" && Array.isArray(kept.sending) ? kept : null
  }

  /** Words that the server has are not kept here as well. A tab that is full of drafts goes on without: the server keeps them too. */
  write(kept) {
    const isSafe = kept.isSaved && kept.sending.length === 0
    try {
      if (isSafe && !kept.text) sessionStorage.removeItem(this.key)
      else sessionStorage.setItem(this.key, JSON.stringify(isSafe ? { ...kept, text: "" } : kept))
    } catch {
      sessionStorage.removeItem(this.key)
    }
  }
}
