// Something is awaited that happens elsewhere: asks for the page again every few seconds and puts what is another there in its place.
// Only in parts that say so, never under somebody's hands, and not while nobody looks. The question says that it comes by itself: it
// keeps nobody signed in, and ends with the session.

import { Controller } from "../../vendor/stimulus.js"

const EVERY = 2_000

export default class extends Controller {
  static targets = ["part"]

  connect() {
    this.timer = setInterval(() => this.#ask(), EVERY)
  }

  disconnect() {
    clearInterval(this.timer)
    this.asking?.abort()
  }

  async #ask() {
    if (document.hidden || this.asking || !this.hasPartTarget) return
    this.asking = new AbortController()
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Baton": "waits" }, signal: this.asking.signal })
      if (answer.redirected) clearInterval(this.timer)
      else if (answer.ok) this.#show(new DOMParser().parseFromString(await answer.text(), "text/html"))
    } catch {
      // Away for a moment, or the page is left: the next question comes by itself.
    } finally {
      this.asking = null
    }
  }

  #show(page) {
    for (const part of this.partTargets) {
      const now = page.getElementById(part.id)
      if (!now || now.dataset.state === part.dataset.state || part.contains(document.activeElement)) continue
      part.replaceWith(document.adoptNode(now))
    }
  }
}
