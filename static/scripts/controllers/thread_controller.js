// The stream of messages: arranged, scrolled to its end unless the person reads further up, and marked as read when seen.

import { Controller } from "../../vendor/stimulus.js"
import { post } from "../post.js"
import { arrange, toggleFold } from "../thread/arrange.js"
import { itemsOf } from "../thread/upsert.js"
import { counted } from "../words.js"

/** A message counts as seen when it has been in sight this long. */
const SEEN_AFTER = 1200
const NEAR_END = 48

export default class extends Controller {
  static targets = ["items", "scroll", "pill", "earlier"]

  connect() {
    this.conversation = this.element.closest(".conversation")
    this.missed = 0
    this.stops = []
    this.#on(this.conversation, "conversation:before-apply", () => this.#remember())
    this.#on(this.conversation, "conversation:applied", () => this.#applied())
    this.#on(this.conversation, "composer:pending", (event) => this.#pending(event.detail))
    this.#on(document, "visibilitychange", () => this.#look())
    this.#on(window, "focus", () => this.#look())
    arrange(this.itemsTarget)
    this.toEnd()
    this.#look()
  }

  disconnect() {
    clearTimeout(this.looking)
    for (const stop of this.stops) stop()
  }

  earlierTargetConnected(link) {
    this.observer ??= new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#loadEarlier())
    this.observer.observe(link)
  }

  loadEarlier(event) {
    event.preventDefault()
    this.#loadEarlier()
  }

  toggleFold(event) {
    toggleFold(this.itemsTarget, event.currentTarget.parentElement.id)
  }

  toEnd() {
    this.scrollTarget.scrollTop = 0
    this.missed = 0
    this.pillTarget.hidden = true
  }

  scrolled() {
    if (!this.#isAtEnd) return
    this.missed = 0
    this.pillTarget.hidden = true
    this.#look()
  }

  /** The stream lies bottom up: 0 is its end. */
  get #isAtEnd() {
    return Math.abs(this.scrollTarget.scrollTop) < NEAR_END
  }

  #remember() {
    this.wasAtEnd = this.#isAtEnd
    this.countBefore = itemsOf(this.itemsTarget).length
    this.heightBefore = this.scrollTarget.scrollHeight
    this.topBefore = this.scrollTarget.scrollTop
  }

  #applied() {
    const added = itemsOf(this.itemsTarget).length - this.countBefore
    if (this.wasAtEnd) this.toEnd()
    else this.#stay(added)
    this.#look()
  }

  /** What is being read stays where it is; a pill says how much is new. */
  #stay(added) {
    this.scrollTarget.scrollTop = this.topBefore - (this.scrollTarget.scrollHeight - this.heightBefore)
    if (added <= 0) return
    this.missed += added
    this.pillTarget.textContent = counted("thread.new", this.missed)
    this.pillTarget.hidden = false
  }

  #pending(item) {
    this.itemsTarget.append(item)
    arrange(this.itemsTarget)
    this.toEnd()
  }

  /** Notes what has been seen, once it was in sight long enough. */
  #look() {
    clearTimeout(this.looking)
    if (document.visibilityState !== "visible" || !this.#isAtEnd) return
    const seq = Number(this.conversation.dataset.seq)
    this.looking = setTimeout(() => this.#seen(seq), SEEN_AFTER)
  }

  #seen(seq) {
    if (Number(this.conversation.dataset.seen ?? -1) >= seq) return
    this.conversation.dataset.seen = seq
    const { conversation } = this.conversation.dataset
    this.dispatch("read", { prefix: "thread", detail: { conversation, seq } })
    post(`/conversations/${conversation}/reads`, { seq })
  }

  async #loadEarlier() {
    if (this.loading || !this.hasEarlierTarget) return
    this.loading = true
    const part = await fetchPart(this.earlierTarget.href)
    this.loading = false
    if (!part || !this.element.isConnected) return
    const { scrollHeight, scrollTop } = this.scrollTarget
    this.itemsTarget.prepend(...part.items.filter((item) => !document.getElementById(item.id)))
    if (part.earlier) this.earlierTarget.replaceWith(part.earlier)
    else this.earlierTarget.remove()
    arrange(this.itemsTarget)
    // Bottom up, what is added above moves nothing; browsers that anchor otherwise are put right.
    if (this.scrollTarget.scrollTop !== scrollTop && scrollHeight > 0) this.scrollTarget.scrollTop = scrollTop
  }

  #on(source, kind, listener) {
    source.addEventListener(kind, listener)
    this.stops.push(() => source.removeEventListener(kind, listener))
  }
}

async function fetchPart(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "text/html", "Turbo-Frame": "earlier-items" }, credentials: "same-origin" })
    if (!response.ok || response.redirected) return null
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const adopt = (element) => element && document.importNode(element, true)
    return { items: [...page.querySelectorAll(".items > [data-kind]")].map(adopt), earlier: adopt(page.querySelector("#earlier")) }
  } catch {
    return null
  }
}
