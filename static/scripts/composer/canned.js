// Prepared answers: "/" at the start of the text opens the list, more letters narrow it, Enter puts the answer in.

import { isComposing } from "../keys.js"
import { t } from "../words.js"

const MOST = 50
const SHORTCUT = /^\/(\S*)$/

export class CannedReplies {
  constructor(list, field, replies) {
    this.list = list
    this.field = field
    this.replies = replies
    this.found = []
    this.chosen = 0
    list.addEventListener("mousedown", (event) => this.#clicked(event))
    field.addEventListener("blur", () => this.close())
    field.setAttribute("aria-controls", list.id)
    field.setAttribute("aria-autocomplete", "list")
  }

  get isOpen() {
    return !this.list.hidden
  }

  open() {
    if (!this.field.value) this.field.value = "/"
    if (this.field.value === "/") this.typed()
    else this.#offer("")
  }

  typed() {
    const match = SHORTCUT.exec(this.field.value)
    if (!match || this.replies.length === 0) return this.close()
    this.#offer(match[1].toLowerCase())
  }

  #offer(wanted) {
    const starts = (reply) => reply.shortcut.toLowerCase().startsWith(wanted)
    const holds = (reply) => !starts(reply) && reply.body.toLowerCase().includes(wanted)
    this.found = [...this.replies.filter(starts), ...this.replies.filter(holds)].slice(0, MOST)
    this.chosen = 0
    this.#show()
  }

  close() {
    if (this.isOpen && this.field.value === "/") this.#put("")
    this.list.hidden = true
    this.field.removeAttribute("aria-activedescendant")
  }

  /** Whether the key was for the list. */
  key(event) {
    if (!this.isOpen || isComposing(event)) return false
    switch (event.key) {
      case "ArrowDown": this.#move(1); break
      case "ArrowUp": this.#move(-1); break
      case "Enter": case "Tab":
        if (this.found.length === 0 && event.key === "Tab") return false
        if (this.found.length === 0) break
        this.#take(this.found[this.chosen])
        break
      case "Escape": this.close(); break
      default: return false
    }
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  #move(step) {
    if (this.found.length === 0) return
    this.chosen = (this.chosen + step + this.found.length) % this.found.length
    this.#show()
  }

  #take(reply) {
    const { value, selectionEnd } = this.field
    if (SHORTCUT.test(value)) this.#put(reply.body)
    else this.#put(reply.body, selectionEnd, selectionEnd)
    this.list.hidden = true
    this.field.focus()
  }

  /** Writes over the whole text, or between two places of it. */
  #put(text, from = 0, to = this.field.value.length) {
    this.field.setRangeText(text, from, to, "end")
    this.field.dispatchEvent(new Event("input", { bubbles: true }))
  }

  #clicked(event) {
    event.preventDefault()
    const option = event.target.closest("[data-index]")
    if (option) this.#take(this.found[Number(option.dataset.index)])
  }

  #show() {
    this.list.replaceChildren(...(this.found.length > 0 ? this.found.map((reply, index) => this.#option(reply, index)) : [none()]))
    this.list.hidden = false
    const chosen = this.list.querySelector("[aria-selected='true']")
    if (chosen) this.field.setAttribute("aria-activedescendant", chosen.id)
    chosen?.scrollIntoView({ block: "nearest" })
  }

  #option(reply, index) {
    const option = made("li", "composer__option")
    option.id = `canned-${index}`
    option.dataset.index = index
    option.setAttribute("role", "option")
    option.setAttribute("aria-selected", String(index === this.chosen))
    option.append(made("b", "", `/${reply.shortcut}`), made("span", "", reply.body))
    return option
  }
}

function none() {
  const element = made("li", "composer__none", t("composer.no_canned"))
  element.setAttribute("role", "option")
  element.setAttribute("aria-selected", "false")
  return element
}

function made(name, className, text = "") {
  const element = document.createElement(name)
  if (className) element.className = className
  element.textContent = text
  return element
}
