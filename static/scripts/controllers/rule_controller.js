// A rule: rows come and go, comparisons fit what is compared, and what the rule would have done is there without leaving the page. The
// server makes the rows, as it does without scripts.

import { Controller } from "../../vendor/stimulus.js"
import { post } from "../post.js"

/** Whoever chooses by letters chooses with each of them. */
const PAUSE = 400

export default class extends Controller {
  static targets = ["rows", "tried", "failed"]
  static values = { draft: String }

  connect() {
    this.isOver = false
    this.waiting = 0
    this.last = Promise.resolve()
    this.#hideFit()
  }

  disconnect() {
    clearTimeout(this.pause)
    this.isOver = true
  }

  /** A button that keeps nothing is answered here. */
  act(event) {
    const button = event.submitter
    if (button?.name !== "act") return
    event.preventDefault()
    clearTimeout(this.pause)
    this.#ask(button.value)
  }

  /** Another subject or comparison has other values. */
  fit({ target }) {
    if (!target.matches("[data-rule-fits]")) return
    clearTimeout(this.pause)
    this.pause = setTimeout(() => this.#ask("fit", focusOf(target)), PAUSE)
  }

  /** One after the other: each makes of the rows what the one before it left. Another row than that may have another number by then. */
  #ask(act, focus) {
    const isOfRow = /^(condition|group|remove):/.test(act)
    if (this.waiting && isOfRow && (act !== this.asked || act.startsWith("remove:"))) return
    this.asked = act
    this.waiting += 1
    this.last = this.last.then(() => this.#send(act, focus)).finally(() => (this.waiting -= 1))
  }

  async #send(act, focus) {
    if (this.isOver) return
    const typed = this.#typed()
    const fields = new URLSearchParams(typed)
    fields.set("act", act)
    this.element.setAttribute("aria-busy", "true")
    const response = await post(this.draftValue, fields)
    const text = (await response?.text().catch(() => "")) ?? ""
    if (this.isOver) return
    this.element.removeAttribute("aria-busy")
    const page = new DOMParser().parseFromString(text, "text/html")
    const [rows, tried] = ["rule-rows", "rule-tried"].map((id) => page.getElementById(id))
    this.failedTarget.hidden = Boolean(rows)
    if (!rows) return
    // What was typed meanwhile is not in the answer.
    if (this.#typed() !== typed) return this.#send(act, focus)
    const before = this.rowsTarget.querySelectorAll(".rule__row").length
    this.element.dataset.begun = ""
    if (act === "try") this.triedTarget.replaceChildren(...tried.childNodes)
    this.rowsTarget.replaceChildren(...rows.childNodes)
    this.#hideFit()
    this.#focus(act, before, focus)
  }

  #typed() {
    return new URLSearchParams(new FormData(this.element)).toString()
  }

  /** Where somebody goes on: in the row that came, at the group that one was taken from, or where they were. */
  #focus(act, before, focus) {
    const rows = [...this.rowsTarget.querySelectorAll(".rule__row")]
    const [what, number] = act.split(":")
    if (act === "try") return
    if (focus) this.rowsTarget.querySelectorAll(focus.selector)[focus.number]?.focus()
    else if (what === "remove") rows[Math.min(Number(number), rows.length - 1)]?.querySelector("select").focus()
    else rows[placeOfNew(rows, Number(number), rows.length - before)]?.querySelector("select").focus()
  }

  /** Whoever has scripts need not ask for it. */
  #hideFit() {
    for (const button of this.rowsTarget.querySelectorAll(".rule__fit")) button.hidden = true
  }
}

/** The first of the rows that came last in a group. */
function placeOfNew(rows, group, came) {
  const depth = (row) => Number(row.querySelector("[name=row]").value)
  let end = group + 1
  while (end < rows.length && depth(rows[end]) > depth(rows[group])) end += 1
  return end - came
}

function focusOf(element) {
  const selector = `[name=${element.name}]`
  return { selector, number: [...element.form.querySelectorAll(`.rule ${selector}`)].indexOf(element) }
}
