// Where a flow is written: colours behind the text, what can stand at the caret, and everything kept and checked while one types.

import { Controller } from "../../vendor/stimulus.js"
import { placeOfNode } from "../flow/context.js"
import { Highlight } from "../flow/highlight.js"
import { offersAt } from "../flow/offers.js"
import { hasKeyboard, isComposing } from "../keys.js"
import { follow, post } from "../post.js"
import { t } from "../words.js"

/** A save follows a pause in typing; one that did not arrive is tried again. */
const PAUSE = 400
const RETRY = 3_000

/** Offers follow the last letter. */
const SOON = 60

export default class extends Controller {
  static targets = ["text", "shown", "offers", "problems", "drawing", "log", "say", "known"]
  static values = { schema: String }

  connect() {
    this.highlight = new Highlight(this.shownTarget)
    this.saved = this.textTarget.value
    this.chosen = 0
    this.found = null
    this.leaves = () => this.#save({ keepalive: true })
    addEventListener("pagehide", this.leaves)
    this.#show()
    this.#mark()
    this.read = this.#flow
  }

  disconnect() {
    removeEventListener("pagehide", this.leaves)
    clearTimeout(this.pause)
    clearTimeout(this.offering)
    cancelAnimationFrame(this.frame)
    this.#save({ keepalive: true })
  }

  problemsTargetConnected() {
    if (this.highlight) this.#mark()
  }

  logTargetConnected(log) {
    log.scrollTop = log.scrollHeight
  }

  /** A new drawing stands where the one before stood; the first one shows where it begins. */
  drawingTargetConnected(drawing) {
    const start = drawing.querySelector(".drawing__box--start")
    const [left, top] = this.seen ?? [start ? Number(start.getAttribute("x")) + Number(start.getAttribute("width")) / 2 - drawing.clientWidth / 2 : 0, 0]
    drawing.scrollTo(left, top)
    drawing.addEventListener("scroll", () => (this.seen = [drawing.scrollLeft, drawing.scrollTop]), { passive: true })
  }

  sayTargetConnected(field) {
    if (this.isTalking && hasKeyboard()) field.focus({ preventScroll: true })
  }

  typed(event) {
    clearTimeout(this.pause)
    this.pause = setTimeout(() => this.#save(), PAUSE)
    // The letter first: in a long definition the rest takes a moment.
    cancelAnimationFrame(this.frame)
    this.frame = requestAnimationFrame(() => this.#show())
    if (event.inputType?.startsWith("insert") && /["\w.{]/.test(event.data ?? "")) this.#offerSoon()
    else this.close()
  }

  /** A browser tells of scrolling a moment later: what is offered stays with its letters, and goes when they are out of sight. */
  scrolled() {
    this.#follow()
    if (this.offersTarget.hidden) return
    this.#placeOffers()
    if (!this.#areLettersInSight) this.close()
  }

  left() {
    this.close()
  }

  close() {
    clearTimeout(this.offering)
    this.offersTarget.hidden = true
    this.textTarget.removeAttribute("aria-activedescendant")
  }

  key(event) {
    if (isComposing(event)) return
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault()
      this.#offer({ isAsked: true })
    } else if (!this.offersTarget.hidden) this.#keyOfOffers(event)
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey) this.#newLine(event)
  }

  /** To the place of a problem or of a node. */
  jump(event) {
    event.preventDefault()
    const { line, column, node } = event.currentTarget.dataset
    const [from, to] = node ? (placeOfNode(this.#text, node) ?? [0, 0]) : this.#placeOf(Number(line), Number(column))
    this.textTarget.focus()
    this.textTarget.setSelectionRange(from, to)
    const above = this.#text.slice(0, from).split("\n").length - 1
    this.textTarget.scrollTop = Math.max(0, (above - 5) * this.#letter.height)
    this.textTarget.scrollLeft = 0
    this.close()
  }

  /** The phone tries what stands in the field, kept or not. */
  bring(event) {
    if (!event.target.closest("#phone")) return
    event.formData.set("body", this.#text)
    this.isTalking = event.target.classList.contains("phone__say")
  }

  /** The form itself is sent: what is typed goes along with it. */
  submitted() {
    clearTimeout(this.pause)
    this.saved = this.#text
  }

  get #text() {
    return this.textTarget.value
  }

  #show() {
    this.highlight.show(this.#text)
    this.#follow()
  }

  #follow() {
    const { scrollTop, scrollLeft } = this.textTarget
    this.shownTarget.scrollTop = scrollTop
    this.shownTarget.scrollLeft = scrollLeft
  }

  #offerSoon() {
    clearTimeout(this.offering)
    this.offering = setTimeout(() => this.#offer(), SOON)
  }

  /** The definition; the last one that could be read tells which names there are. */
  get #flow() {
    try {
      this.read = JSON.parse(this.#text)
    } catch {
      // It is being typed.
    }
    return this.read
  }

  #mark() {
    this.highlight.mark([...this.problemsTarget.querySelectorAll("[data-line]")].map((problem) => Number(problem.dataset.line)))
  }

  async #save({ keepalive = false } = {}) {
    const text = this.#text
    if (text === this.saved || this.#isInConflict) return
    if (this.isSaving && !keepalive) {
      this.isBehind = true
      return
    }
    this.isSaving = true
    const form = document.getElementById("draft")
    const seen = document.getElementById("draft-seen")
    if (!form || !seen) return
    const response = await post(form.action, { body: text, seen_version: seen.value }, { keepalive })
    this.isSaving = false
    if (!this.element.isConnected) return
    if (response && [200, 409].includes(response.status)) {
      this.saved = text
      await follow(response)
    } else this.#failed()
    if (this.isBehind) {
      this.isBehind = false
      this.#save()
    }
  }

  #failed() {
    const state = document.getElementById("draft-state")
    if (state) state.textContent = t("connection.not_done")
    clearTimeout(this.pause)
    this.pause = setTimeout(() => this.#save(), RETRY)
  }

  get #isInConflict() {
    return Boolean(this.element.querySelector("#draft-conflict .refusal"))
  }

  async #offer({ isAsked = false } = {}) {
    this.schema ??= await fetch(this.schemaValue).then((response) => (response.ok ? response.json() : null), () => null)
    const { selectionStart, selectionEnd } = this.textTarget
    if (!this.schema || selectionStart !== selectionEnd || document.activeElement !== this.textTarget) return
    const known = JSON.parse(this.knownTarget.textContent)
    this.found = offersAt(this.#text, selectionStart, this.schema, this.#flow, known)
    this.chosen = 0
    if (this.found.offers.length === 0 || (!isAsked && this.found.from === this.found.to && !this.found.offers[0].put.endsWith("}"))) this.close()
    else this.#list()
  }

  #keyOfOffers(event) {
    const { offers } = this.found
    switch (event.key) {
      case "ArrowDown": this.#choose(1); break
      case "ArrowUp": this.#choose(-1); break
      case "Enter": case "Tab": this.#take(offers[this.chosen]); break
      case "Escape": this.close(); break
      default: return
    }
    event.preventDefault()
    event.stopPropagation()
  }

  #choose(by) {
    const { length } = this.found.offers
    this.chosen = (this.chosen + by + length) % length
    this.#list()
  }

  #list() {
    const options = this.found.offers.map((offer, index) => this.#option(offer, index))
    this.offersTarget.replaceChildren(...options)
    this.offersTarget.hidden = false
    this.#placeOffers()
    const chosen = options[this.chosen]
    this.textTarget.setAttribute("aria-controls", this.offersTarget.id)
    this.textTarget.setAttribute("aria-activedescendant", chosen.id)
    chosen.scrollIntoView({ block: "nearest" })
  }

  #option({ text, about }, index) {
    const option = document.createElement("li")
    option.className = "code__offer"
    option.id = `offer-${index}`
    option.setAttribute("role", "option")
    option.setAttribute("aria-selected", String(index === this.chosen))
    const [name, note] = [document.createElement("b"), document.createElement("span")]
    name.textContent = text
    note.textContent = about
    option.append(name, note)
    option.addEventListener("mousedown", (event) => {
      event.preventDefault()
      this.#take(this.found.offers[index])
    })
    return option
  }

  #take({ put, caret = put.length }) {
    const { from, to } = this.found
    this.close()
    this.#put(put, from, to)
    this.textTarget.setSelectionRange(from + caret, from + caret)
    if (caret < put.length) this.#offer({ isAsked: true })
  }

  /** In a way that the browser can undo. */
  #put(text, from, to) {
    this.textTarget.focus()
    this.textTarget.setSelectionRange(from, to)
    if (!document.execCommand("insertText", false, text)) {
      this.textTarget.setRangeText(text, from, to, "end")
      this.textTarget.dispatchEvent(new Event("input", { bubbles: true }))
    }
  }

  #newLine(event) {
    event.preventDefault()
    const { selectionStart, selectionEnd } = this.textTarget
    const line = this.#text.slice(0, selectionStart).split("\n").at(-1)
    const indent = /^ */.exec(line)[0] + (/[{[]\s*$/.test(line) ? "  " : "")
    this.#put(`\n${indent}`, selectionStart, selectionEnd)
  }

  #placeOf(line, column) {
    const lines = this.#text.split("\n")
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0)
    const letters = [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length
    const from = start + letters
    return [from, Math.min(from + 1, this.#text.length)]
  }

  /** Below the caret, and never outside of the field. */
  #placeOffers() {
    const { width, height } = this.#letter
    const before = this.#text.slice(0, this.found.from).split("\n")
    const { scrollTop, scrollLeft, clientWidth, clientHeight } = this.textTarget
    const style = getComputedStyle(this.textTarget)
    const left = parseFloat(style.paddingLeft) + before.at(-1).length * width - scrollLeft
    const below = parseFloat(style.paddingTop) + before.length * height - scrollTop
    const { offsetWidth, offsetHeight } = this.offersTarget
    const top = below + offsetHeight > clientHeight && below - height - offsetHeight > 0 ? below - height - offsetHeight : below
    this.offersTarget.style.setProperty("inset-inline-start", `${Math.max(0, Math.min(left, clientWidth - offsetWidth))}px`)
    this.offersTarget.style.setProperty("inset-block-start", `${top}px`)
  }

  get #areLettersInSight() {
    const { scrollTop, clientHeight } = this.textTarget
    const line = this.#text.slice(0, this.found.from).split("\n").length * this.#letter.height
    return line > scrollTop && line <= scrollTop + clientHeight
  }

  /** The size of a letter: they are all alike. */
  get #letter() {
    const style = getComputedStyle(this.textTarget)
    const canvas = document.createElement("canvas").getContext("2d")
    canvas.font = style.font
    return { width: canvas.measureText("M".repeat(100)).width / 100, height: parseFloat(style.lineHeight) }
  }
}
