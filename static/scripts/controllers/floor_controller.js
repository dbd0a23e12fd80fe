// The floor: rows as they become, each in its place, and what can be done with one of them beside it. Rows and cells that did not change
// are not touched, and none moves under the pointer or from under the focus.

import { Controller } from "../../vendor/stimulus.js"
import { isComposing } from "../keys.js"
import { socket } from "../socket.js"
import { inertElementOf } from "../streams.js"
import { everySecond } from "../ticker.js"

/** New alarms that are read out together. */
const TOLD = 3

/** Whether one can become the other cell by cell. */
function isLike(before, row) {
  return before.localName === row.localName && before.childElementCount === row.childElementCount && row.matches(".floor__row")
}

/** Makes the element, which was `before` when it came, what `row` is: its own attributes, and the cells that are others. */
function changeInto(element, before, row) {
  for (const { name, value } of row.attributes) if (element.getAttribute(name) !== value) element.setAttribute(name, value)
  const cells = [...element.children]
  ;[...row.children].forEach((cell, place) => {
    if (!cell.isEqualNode(before.children[place])) cells[place].replaceWith(document.importNode(cell, true))
  })
}

/** The most of these numbers that stand in their order already: whatever they belong to may stay where it is. */
function longestRise(numbers) {
  const ends = []
  const previous = new Map()
  for (const number of numbers) {
    let at = ends.findIndex((end) => end > number)
    if (at < 0) at = ends.length
    previous.set(number, ends[at - 1])
    ends[at] = number
  }
  const rise = new Set()
  for (let number = ends.at(-1); number !== undefined; number = previous.get(number)) rise.add(number)
  return rise
}

export default class extends Controller {
  static targets = ["list", "news"]
  static values = { team: String, wall: Boolean }

  connect() {
    this.panel = document.getElementById("floor-panel")
    this.heard = []
    // Elements as the server told of them last: what scripts have made of them since is no change.
    this.told = new WeakMap()
    this.#on(socket, "floor", ({ detail }) => this.#show(detail))
    this.#on(document, "turbo:frame-load", ({ target }) => target === this.panel && this.#opened())
    for (const list of this.listTargets) {
      this.#on(list, "pointerleave", () => this.#arrange(list))
      this.#on(list, "focusout", () => setTimeout(() => this.#arrange(list)))
    }
    this.stop = everySecond((now) => this.#offer(now))
    socket.watchFloor({ team: this.teamValue || null, wall: this.wallValue })
  }

  disconnect() {
    for (const stop of this.heard) stop()
    this.stop()
    socket.leaveFloor()
  }

  filter(event) {
    event.target.form.requestSubmit()
  }

  close(event) {
    event.preventDefault()
    this.#close()
  }

  key(event) {
    if (isComposing(event) || event.key !== "Escape" || !this.panel?.hasChildNodes()) return
    if (event.target.closest("select")) return
    event.preventDefault()
    this.#close()
  }

  /** What was asked for in the panel is done: it is closed, and whoever asked is back where they opened it. */
  sent({ target, detail }) {
    if (detail.success && this.panel?.contains(target)) this.#close()
  }

  #opened() {
    const path = this.panel.src && new URL(this.panel.src).pathname
    if (path) this.opener = path
    const first = this.panel.querySelector("input[type=number], button:not(:disabled)") ?? this.panel.querySelector("h2")
    first?.focus({ preventScroll: true })
    if (first?.type === "number") first.select()
    this.panel.scrollIntoView?.({ block: "nearest" })
  }

  #close() {
    this.panel.removeAttribute("src")
    this.panel.replaceChildren()
    // A page that was opened at a panel's address has its opener in the row of that address.
    const opener = this.element.querySelector(`.floor__row a[href="${this.opener ?? location.pathname}"]`)
    const back = opener ?? this.element.querySelector(".floor__row a, .floor__wall")
    back?.focus({ preventScroll: true })
  }

  #show({ parts, is_whole: isWhole }) {
    const named = new Set(parts.map((part) => part.id))
    const known = new Set(parts.filter((part) => document.getElementById(part.id)).map((part) => part.id))
    const touched = new Set()
    for (const part of parts) {
      const list = this.#put(part)
      if (list) touched.add(list)
    }
    if (isWhole) {
      for (const list of this.listTargets) for (const row of [...list.children]) if (!named.has(row.id)) this.#remove(row)
    }
    for (const list of touched) this.#arrange(list)
    this.#tell(parts.filter((part) => !known.has(part.id)))
  }

  /** Whoever does not see the page hears of what burns, once. */
  #tell(parts) {
    const alarms = parts.map(({ id }) => document.getElementById(id)).filter((row) => row?.matches(".floor__alert"))
    if (!alarms.length || !this.hasNewsTarget) return
    this.newsTarget.textContent = alarms.slice(0, TOLD).map((row) => row.querySelector(".floor__said").textContent).join(" ")
  }

  /** The list in which something is to be put into its place. */
  #put({ list: listId, id, html }) {
    const known = document.getElementById(id)
    if (!html) {
      if (known) this.#remove(known)
      return null
    }
    const row = inertElementOf(html)
    if (!row) return null
    const list = listId && document.getElementById(listId)
    if (!known) {
      const added = document.importNode(row, true)
      this.told.set(added, row)
      list?.append(added)
      return list
    }
    const before = this.told.get(known)
    if (known.dataset.mark && known.dataset.mark === row.dataset.mark) {
      if (!before) this.told.set(known, row)
      return null
    }
    if (before && isLike(before, row)) {
      const moves = known.dataset.rank !== row.dataset.rank
      changeInto(known, before, row)
      this.told.set(known, row)
      return moves ? list : null
    }
    const hadFocus = known.contains(document.activeElement)
    const replaced = document.importNode(row, true)
    this.told.set(replaced, row)
    known.replaceWith(replaced)
    if (hadFocus) replaced.querySelector("a, button")?.focus({ preventScroll: true })
    return list
  }

  #remove(row) {
    const next = row.contains(document.activeElement) && (row.nextElementSibling ?? row.previousElementSibling)
    row.remove()
    if (next) next.querySelector("a, button")?.focus({ preventScroll: true })
  }

  /** What burns comes first; while somebody points at a list, or has the focus in it, its rows stay where they are. */
  #arrange(list) {
    if ("dragging" in this.element.dataset || list.matches(":hover") || list.contains(document.activeElement)) return
    const places = [...list.children].map((row, place) => ({ row, place, rank: row.dataset.rank }))
    places.sort((one, other) => (one.rank < other.rank ? -1 : one.rank > other.rank ? 1 : one.place - other.place))
    const stay = longestRise(places.map(({ place }) => place))
    let after = null
    for (let index = places.length - 1; index >= 0; index -= 1) {
      const { row, place } = places[index]
      if (!stay.has(place)) list.insertBefore(row, after)
      after = row
    }
  }

  /** Whoever did something a moment ago may take it back. */
  #offer(now) {
    for (const form of this.element.querySelectorAll(".floor__undo")) {
      const isOffered = form.dataset.by === document.body.dataset.user && now < new Date(form.dataset.until)
      if (form.hidden === isOffered) form.hidden = !isOffered
      const token = form.elements.namedItem("csrf")
      if (isOffered && !token.value) token.value = document.querySelector("meta[name='csrf-token']")?.content ?? ""
    }
  }

  #on(source, kind, listener) {
    source.addEventListener(kind, listener)
    this.heard.push(() => source.removeEventListener(kind, listener))
  }
}
