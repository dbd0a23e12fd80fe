// The list: live rows in their order, pages on demand, and a fresh copy whenever something may have been missed.

import { Controller } from "../../vendor/stimulus.js"
import { fetchPart } from "../part.js"
import { place } from "../list/place.js"
import { press } from "../press.js"
import { socket } from "../socket.js"
import { chime, isOn } from "../sound.js"
import { elementOf } from "../streams.js"
import { phrase, t } from "../words.js"

const MOST_PAGES = 5

export default class extends Controller {
  static targets = ["rows", "more", "count", "paused"]
  static values = { view: String }

  connect() {
    this.viewer = { id: document.body.dataset.user }
    this.heard = []
    this.people = new Map()
    this.drafts = new Map()
    this.pages = 1
    this.#listen("row", (frame) => this.#row(frame))
    this.#listen("counts", (frame) => this.#counts(frame))
    this.#listen("paused", () => this.#paused())
    this.#listen("people", (frame) => this.#people(frame))
    this.#listen("read", (frame) => this.#read(frame))
    this.#listen("draft", (frame) => this.#draft(frame))
    this.#listen("resync", () => this.#resync())
    this.#on(document, "turbo:frame-load", () => this.#mark())
    this.#on(document, "thread:read", (event) => this.#read(event.detail))
    socket.watch(this.viewValue)
    if (socket.state !== "connecting") this.refresh()
    this.#mark()
  }

  disconnect() {
    for (const stop of this.heard) stop()
    this.observer?.disconnect()
  }

  moreTargetConnected(link) {
    this.observer ??= new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#loadMore())
    this.observer.observe(link)
  }

  moreTargetDisconnected(link) {
    this.observer?.unobserve(link)
  }

  more(event) {
    event.preventDefault()
    this.#loadMore()
  }

  /** Who is where is told anew; who left meanwhile is not. */
  #resync() {
    this.people.clear()
    this.drafts.clear()
    this.#paused()
    this.refresh()
  }

  /** Fetches the pages shown anew. Rows that come meanwhile are put in again afterwards: they may be newer. */
  async refresh() {
    if (this.waiting) {
      this.again = true
      return
    }
    this.waiting = []
    const fresh = await this.#fetchPages()
    await new Promise((resolve) => press.after(resolve))
    const meanwhile = this.waiting
    this.waiting = null
    if (fresh && this.element.isConnected) {
      this.#replaceRows(fresh)
      for (const frame of meanwhile) this.#put(frame)
    }
    if (this.again) {
      this.again = false
      this.refresh()
    }
  }

  async #fetchPages() {
    const rows = []
    let more = null
    let address = `/inbox/rows?view=${this.viewValue}`
    for (let page = 0; page < Math.min(this.pages, MOST_PAGES) && address; page += 1) {
      const part = await fetchRows(address)
      if (!part) return null
      rows.push(...part.rows)
      more = part.more
      address = more && rowsAddress(more)
    }
    return { rows, more }
  }

  #replaceRows({ rows, more }) {
    const kept = new Set(rows.map((row) => row.id))
    const focused = document.activeElement?.closest(".row")?.id
    for (const row of [...this.rowsTarget.children]) if (!kept.has(row.id)) row.remove()
    rows.forEach((row, index) => {
      const known = document.getElementById(row.id)
      if (known) known.replaceWith(row)
      this.drafts.set(row.dataset.conversation, row.dataset.drafts)
      const there = this.rowsTarget.children[index]
      if (there !== row) this.rowsTarget.insertBefore(row, there ?? null)
      this.#dress(row)
    })
    this.#setMore(more)
    if (focused && kept.has(focused)) document.getElementById(focused).querySelector("a").focus({ preventScroll: true })
  }

  async #loadMore() {
    if (this.loading || !this.hasMoreTarget) return
    this.loading = true
    const part = await fetchRows(rowsAddress(this.moreTarget))
    this.loading = false
    if (!part) return
    this.pages += 1
    for (const row of part.rows) {
      document.getElementById(row.id)?.remove()
      this.rowsTarget.append(row)
      this.#dress(row)
    }
    this.#setMore(part.more)
  }

  #setMore(more) {
    if (this.hasMoreTarget) this.moreTarget.remove()
    if (more) this.rowsTarget.parentElement.append(more)
  }

  #row(frame) {
    if (this.waiting) this.waiting.push(frame)
    this.#put(frame)
  }

  #put(frame) {
    // Meant for the list that this page showed before.
    if (frame.view !== this.viewValue) return
    const known = document.getElementById(`row-${frame.conversation}`)
    if (!frame.html) {
      known?.remove()
      return
    }
    const row = elementOf(frame.html)
    // What comes late is older than what is shown.
    if (!row || Number(row.dataset.seq) < Number(known?.dataset.seq)) return
    if (known?.dataset.read && !row.dataset.read) row.dataset.read = known.dataset.read
    row.dataset.drafts ??= this.drafts.get(row.dataset.conversation) ?? known?.dataset.drafts ?? ""
    if (isOn() && this.#isNews(known, row)) chime()
    const hadFocus = known?.contains(document.activeElement)
    known?.remove()
    if (!place(this.rowsTarget, row, this.viewValue, this.hasMoreTarget)) return
    this.#dress(row)
    if (hadFocus) row.querySelector("a").focus({ preventScroll: true })
  }

  /** Somebody wrote in what this person holds, or it was given to them; not where they look just now. */
  #isNews(known, row) {
    const { agent, author, conversation, seq } = row.dataset
    if (agent !== this.viewer.id || author === this.viewer.id) return false
    if (known && known.dataset.agent === agent && Number(known.dataset.seq) >= Number(seq)) return false
    return document.hidden || conversation !== openConversation()
  }

  /** What depends on who looks and what is open. */
  #dress(row) {
    const link = row.querySelector(".row__link")
    link.search = `?view=${this.viewValue}`
    row.dataset.read ??= "0"
    const isCurrent = row.dataset.conversation === openConversation()
    row.classList.toggle("is-current", isCurrent)
    if (isCurrent) link.setAttribute("aria-current", "true")
    else link.removeAttribute("aria-current")
    const isOurs = row.dataset.author === this.viewer.id
    row.classList.toggle("is-unread", !isOurs && Number(row.dataset.seq) > Number(row.dataset.read))
    this.#showPeople(row)
  }

  #mark() {
    for (const node of [...this.rowsTarget.childNodes]) if (node.nodeType === Node.TEXT_NODE) node.remove()
    for (const row of this.rowsTarget.children) this.#dress(row)
  }

  #read({ conversation, seq }) {
    const row = document.getElementById(`row-${conversation}`)
    if (!row || Number(row.dataset.read ?? 0) >= seq) return
    row.dataset.read = seq
    this.#dress(row)
  }

  /** On one of this person's pages a draft began, or was sent. */
  #draft({ conversation, kind, is_empty: isEmpty }) {
    const row = document.getElementById(`row-${conversation}`)
    const kinds = new Set((this.drafts.get(conversation) ?? row?.dataset.drafts ?? "").split(" ").filter(Boolean))
    if (isEmpty) kinds.delete(kind)
    else kinds.add(kind)
    this.drafts.set(conversation, [...kinds].join(" "))
    if (row) row.dataset.drafts = this.drafts.get(conversation)
  }

  #people({ conversation, viewers, typing }) {
    const others = (people) => people.filter((person) => person.id !== this.viewer.id).map((person) => person.name)
    const there = { viewing: others(viewers), typing: others(typing) }
    if (there.viewing.length > 0) this.people.set(conversation, there)
    else this.people.delete(conversation)
    const row = document.getElementById(`row-${conversation}`)
    if (row) this.#showPeople(row)
  }

  #showPeople(row) {
    row.querySelector(".row__here")?.remove()
    const { viewing = [], typing = [] } = this.people.get(row.dataset.conversation) ?? {}
    const names = typing.length > 0 ? typing : viewing
    if (names.length === 0) return
    const here = document.createElement("span")
    here.className = "row__here"
    here.textContent = t(typing.length > 0 ? "row.typing" : "row.viewing", { names: phrase(names) })
    row.querySelector(".row__dot").before(here)
  }

  #counts(frame) {
    for (const count of this.countTargets) {
      const value = frame[count.dataset.count] ?? 0
      count.textContent = value
      count.toggleAttribute("data-zero", value === 0)
    }
  }

  /** Other numbers than before send nothing. */
  async #paused() {
    const fresh = await fetchPart("/inbox/paused")
    const paused = fresh?.querySelector("#paused")
    if (paused && this.hasPausedTarget) this.pausedTarget.replaceWith(document.importNode(paused, true))
  }

  #listen(kind, handler) {
    this.#on(socket, kind, (event) => handler(event.detail))
  }

  #on(source, kind, listener) {
    source.addEventListener(kind, listener)
    this.heard.push(() => source.removeEventListener(kind, listener))
  }
}

function openConversation() {
  return document.querySelector("#conversation .conversation")?.dataset.conversation
}

function rowsAddress(link) {
  return `/inbox/rows${new URL(link.href).search}`
}

async function fetchRows(address) {
  const page = await fetchPart(address)
  const adopt = (element) => element && document.importNode(element, true)
  return page && { rows: [...page.querySelectorAll("#row-list > .row")].map(adopt), more: adopt(page.querySelector("#more")) }
}
