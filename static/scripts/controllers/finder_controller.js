// Finds things of a long list, or boxes to tick, by words: what does not hold all of them is hidden, and boxes stay as they are.

import { Controller } from "../../vendor/stimulus.js"
import { isComposing } from "../keys.js"
import { counted, t } from "../words.js"

/** Letters that are no other letter with an accent. */
const BARE = { "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe" }

/** What is looked for, by page and list: it stays when the page comes anew, and is forgotten with the page. */
const kept = new Map()

document.addEventListener("turbo:load", () => {
  for (const place of kept.keys()) if (!place.startsWith(`${location.pathname}#`)) kept.delete(place)
})

export default class extends Controller {
  static targets = ["words", "shown"]
  static values = { list: String }

  connect() {
    this.list = document.getElementById(this.listValue)
    this.things = [...this.list.querySelectorAll(".things__one, .choice")].map((element) => ({ element, text: null }))
    this.place = `${location.pathname}#${this.listValue}`
    if (!this.wordsTarget.value) this.wordsTarget.value = kept.get(this.place) ?? ""
    this.element.hidden = false
    this.ticked = () => this.#show()
    this.list.addEventListener("change", this.ticked)
    this.#show()
  }

  disconnect() {
    this.list.removeEventListener("change", this.ticked)
  }

  find() {
    this.#show()
  }

  /** Escape empties it. Enter sends no form: what is looked for is nothing of it. */
  press(event) {
    if (isComposing(event)) return
    const isEmptied = event.key === "Escape" && this.wordsTarget.value !== ""
    if (isEmptied || event.key === "Enter") event.preventDefault()
    if (!isEmptied) return
    this.wordsTarget.value = ""
    this.#show()
  }

  #show() {
    const { value } = this.wordsTarget
    if (!document.documentElement.hasAttribute("data-turbo-preview")) kept.set(this.place, value)
    const words = bare(value).split(/\s+/).filter(Boolean)
    let shown = 0
    for (const thing of this.things) {
      const isFound = words.length === 0 || holds(thing, words)
      if (isFound) shown += 1
      thing.element.hidden = !isFound && !thing.element.querySelector("input[type=radio]:checked")
    }
    this.shownTarget.textContent = [this.#found(shown, words), this.#ticked()].filter(Boolean).join(" · ")
  }

  #found(shown, words) {
    const count = this.things.length
    if (words.length === 0) return t("finder.all", { count })
    return shown === 0 ? t("finder.none") : t("finder.shown", { shown, count })
  }

  #ticked() {
    if (!this.list.querySelector("input[type=checkbox]")) return ""
    return counted("finder.ticked", this.list.querySelectorAll("input[type=checkbox]:checked").length)
  }
}

/** Whether a thing holds all of these words; what its buttons say, and how much there is of something, is nothing of it. */
function holds(thing, words) {
  thing.text ??= bare(textOf(thing.element))
  return words.every((word) => thing.text.includes(word))
}

function textOf(element) {
  const copy = element.cloneNode(true)
  for (const aside of copy.querySelectorAll("form, [data-finder-aside]")) aside.remove()
  return copy.textContent
}

/** Without case and accents. */
function bare(text) {
  return text.toLowerCase().normalize("NFKD").replace(/\p{M}+/gu, "").replace(/[øđðłħıßæœ]/g, (letter) => BARE[letter])
}
