// The floor by hand: the oldest of a queue are dragged onto another queue or onto an agent, and what an agent holds onto a colleague.
// What is dropped is one act, which can be undone; the same can be done beside the floor, by forms.

import { Controller } from "../../vendor/stimulus.js"
import { isComposing } from "../keys.js"

/** How near to the edge of what is shown the page moves on, and how far with each frame. */
const EDGE = 72
const STEP = 14

/** As the server moves at most. */
const MOST = 500

export default class extends Controller {
  static targets = ["many", "count"]
  static values = { oldest: String, everything: String }

  connect() {
    const canDrag = matchMedia("(pointer: fine)").matches
    for (const many of this.manyTargets) many.hidden = !canDrag
  }

  disconnect() {
    this.drop()
  }

  lift(event) {
    if (event.button !== 0 || this.lifted) return
    const row = event.target.closest(".floor__row")
    const what = row && this.#whatOf(row)
    if (!what) return
    event.preventDefault()
    this.lifted = { row, ...what }
    this.at = { x: event.clientX, y: event.clientY }
    this.listening = new AbortController()
    const options = { signal: this.listening.signal }
    addEventListener("pointermove", (moved) => this.#move(moved), options)
    addEventListener("pointerup", (up) => this.#letGo(up), options)
    addEventListener("pointercancel", () => this.drop(), options)
    addEventListener("keydown", (event) => !isComposing(event) && event.key === "Escape" && this.drop(), options)
    row.classList.add("is-lifted")
    this.element.dataset.dragging = ""
    this.chip = Object.assign(document.createElement("p"), { className: "floor__chip", textContent: what.words })
    this.chip.setAttribute("aria-hidden", "true")
    this.element.append(this.chip)
    this.#show()
    this.#walk()
  }

  /** Nothing is moved. */
  drop() {
    this.listening?.abort()
    this.lifted?.row.classList.remove("is-lifted")
    this.over?.classList.remove("is-target")
    this.chip?.remove()
    delete this.element.dataset.dragging
    this.listening = this.lifted = this.over = this.chip = null
  }

  /** What is dragged with a row, in words, and where it may go. */
  #whatOf(row) {
    const name = row.querySelector(".floor__name bdi").textContent
    const { queue, person } = row.dataset
    if (queue) {
      const waiting = Number.parseInt(row.querySelector(".floor__count").textContent, 10)
      const count = Math.min(Number(this.countTarget.value), waiting, MOST)
      return waiting > 0 && { queue, count, words: this.oldestValue.replace("%{count}", count).replace("%{name}", name) }
    }
    const held = Number(/\d+/.exec(row.querySelector(".floor__words").textContent)?.[0] ?? 0)
    return held > 0 && { person, words: this.everythingValue.replace("%{count}", held).replace("%{name}", name) }
  }

  #move({ clientX: x, clientY: y }) {
    this.at = { x, y }
    this.#show()
  }

  #show() {
    const { x, y } = this.at
    // Before the pointer: grips are at the end of their rows.
    const left = Math.max(8, x - this.chip.offsetWidth - 12)
    this.chip.animate({ translate: [`${left}px ${y + 12}px`] }, { duration: 0, fill: "forwards" })
    const row = document.elementFromPoint(x, y)?.closest(".floor__row")
    const over = row && this.#takes(row) ? row : null
    if (over === this.over) return
    this.over?.classList.remove("is-target")
    over?.classList.add("is-target")
    this.over = over
  }

  /** The queues are above, the agents below: near an edge the page moves on. */
  #walk() {
    if (!this.lifted) return
    const box = this.element.getBoundingClientRect()
    const [top, bottom] = [Math.max(box.top, 0) + EDGE, Math.min(box.bottom, innerHeight) - EDGE]
    const by = this.at.y < top ? -STEP : this.at.y > bottom ? STEP : 0
    if (by) {
      this.element.scrollBy(0, by)
      this.#show()
    }
    requestAnimationFrame(() => this.#walk())
  }

  #takes(row) {
    if (row === this.lifted.row) return false
    return this.lifted.queue ? Boolean(row.dataset.queue ?? row.dataset.person) : Boolean(row.dataset.person)
  }

  #letGo(event) {
    this.#move(event)
    const { over, lifted } = this
    this.drop()
    if (!over) return
    const { queue, person } = over.dataset
    if (lifted.queue) this.#send(`/floor/queues/${lifted.queue}/moves`, { to: queue ?? `agent:${person}`, count: lifted.count })
    else this.#send(`/floor/people/${lifted.person}/hand-over`, { to: person })
  }

  #send(action, fields) {
    const form = Object.assign(document.createElement("form"), { action, method: "post", hidden: true })
    const csrf = document.querySelector("meta[name='csrf-token']")?.content ?? ""
    for (const [name, value] of Object.entries({ csrf, dropped: "yes", act: crypto.randomUUID(), ...fields })) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }))
    }
    this.element.append(form)
    form.addEventListener("turbo:submit-end", () => form.remove())
    form.requestSubmit()
  }
}
