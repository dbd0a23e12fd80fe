// While a button or finger is down, nothing is drawn anew: what is replaced between press and release is not clicked.

/** No click takes longer. Who holds on, on a scroll bar or to select text, sees the page go on, in milliseconds. */
const LONGEST = 1_000

/** A finger's click comes this much after it was lifted, in milliseconds. */
const CLICK = 50

class Press {
  #waiting = null
  #end = null

  constructor() {
    addEventListener("pointerdown", () => this.#begins(), true)
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => this.#endsIn(CLICK), true)
    // Of the window alone: a press also takes the focus from whatever had it.
    addEventListener("blur", ({ target }) => target === window && this.#endsIn(CLICK), true)
  }

  /** Calls `then` now, or when the press is over and its click was heard; in the order asked. */
  after(then) {
    if (this.#waiting) this.#waiting.push(then)
    else then()
  }

  #begins() {
    this.#waiting ??= []
    this.#endsIn(LONGEST)
  }

  #endsIn(time) {
    clearTimeout(this.#end)
    this.#end = setTimeout(() => this.#over(), time)
  }

  #over() {
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const then of waiting) {
      try {
        then()
      } catch (error) {
        reportError(error)
      }
    }
  }
}

export const press = new Press()
