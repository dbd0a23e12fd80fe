// Opening hours: rows come and go, Monday is copied, and what a customer would be told is there while one types. Without scripts there are
// empty rows and buttons that ask the server.

import { Controller } from "../../vendor/stimulus.js"
import { post } from "../post.js"

const PAUSE = 300

export default class extends Controller {
  static targets = ["day", "other", "others", "range", "closed", "script", "plain", "told"]
  static values = { preview: String }

  connect() {
    this.models = { range: this.rangeTargets[0]?.cloneNode(true), other: this.otherTargets.at(-1)?.cloneNode(true) }
    for (const range of this.rangeTargets) if (isEmpty(range)) range.remove()
    for (const other of this.otherTargets) if (isEmpty(other)) other.remove()
    for (const button of this.scriptTargets) button.hidden = false
    for (const button of this.plainTargets) button.hidden = true
    this.#tell()
  }

  disconnect() {
    clearTimeout(this.pause)
  }

  typed() {
    clearTimeout(this.pause)
    this.pause = setTimeout(() => this.#preview(), PAUSE)
    this.#tell()
  }

  addRange({ currentTarget }) {
    this.#insert(currentTarget.closest("[role=group]")).querySelector("input").focus()
    this.typed()
  }

  removeRange({ currentTarget }) {
    const group = currentTarget.closest("[role=group]")
    currentTarget.closest(".range").remove()
    this.#begin()
    group.querySelector("[data-action='hours#addRange']").focus()
    this.typed()
  }

  addDay() {
    const number = Math.max(-1, ...this.otherTargets.map((other) => Number(other.dataset.number))) + 1
    const other = this.models.other.cloneNode(true)
    for (const input of other.querySelectorAll("input")) {
      input.name = input.name.replace(/^day_\d+/, `day_${number}`)
      clear(input)
    }
    other.dataset.number = number
    for (const range of other.querySelectorAll(".range")) range.remove()
    for (const button of other.querySelectorAll("[data-hours-target=script]")) button.hidden = false
    const last = this.otherTargets.at(-1)
    if (last) last.after(other)
    else this.othersTarget.querySelector(".field__hint").after(other)
    other.querySelector("input").focus()
    this.typed()
  }

  removeDay({ currentTarget }) {
    currentTarget.closest(".other").remove()
    this.#begin()
    this.othersTarget.querySelector("[data-action='hours#addDay']").focus()
    this.typed()
  }

  /** What Monday has, Tuesday to Friday have too. */
  copy(event) {
    event.preventDefault()
    const [monday, ...days] = this.dayTargets
    const ranges = [...monday.querySelectorAll(".range")].map(valuesOf)
    this.#begin()
    for (const day of days.slice(0, 4)) {
      for (const range of day.querySelectorAll(".range")) range.remove()
      for (const values of ranges) this.#insert(day, values)
    }
    this.typed()
  }

  /** What is gone leaves no field that would tell of it. */
  #begin() {
    this.element.dataset.begun = ""
  }

  /** A range of a day, after those it has. */
  #insert(group, values = ["", ""]) {
    const range = this.models.range.cloneNode(true)
    const name = group.dataset.day ?? `day_${group.dataset.number}`
    const label = group.querySelector("[data-action='hours#addRange']")
    const inputs = range.querySelectorAll("input")
    inputs.forEach((input, index) => {
      input.name = `${name}_${index === 0 ? "from" : "to"}`
      input.setAttribute("aria-label", this.#labelOf(group, index))
      clear(input)
      input.value = values[index]
    })
    range.querySelector("button").hidden = false
    const place = group.querySelector("[data-hours-part=ranges]")
    place.insertBefore(range, place.querySelector(".week__closed") ?? label)
    return range
  }

  #labelOf(group, index) {
    const model = this.models.range.querySelectorAll("input")[index].getAttribute("aria-label")
    const own = group.querySelector(".week__name")?.textContent ?? group.getAttribute("aria-label")
    return model.replace(this.dayTargets[0].querySelector(".week__name").textContent, own)
  }

  /** A day without ranges is closed, and says so. */
  #tell() {
    for (const closed of this.closedTargets) closed.hidden = Boolean(closed.parentElement.querySelector(".range"))
    const always = this.element.querySelector("[name=open][value=always]").checked
    for (const day of this.dayTargets) day.closest(".week").hidden = always
  }

  async #preview() {
    const asked = (this.asked = {})
    const response = await post(this.previewValue, new URLSearchParams(new FormData(this.element)))
    if (!response || response.redirected || asked !== this.asked) return
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const told = page.getElementById("told")
    if (told && asked === this.asked) this.toldTarget.replaceChildren(...told.childNodes)
  }
}

function isEmpty(row) {
  return [...row.querySelectorAll("input")].every((input) => input.value === "")
}

function valuesOf(range) {
  return [...range.querySelectorAll("input")].map((input) => input.value)
}

function clear(input) {
  input.value = ""
  input.removeAttribute("value")
}
