// Canned replies: "/" at the start of the text opens the list, more letters narrow it, Enter puts the answer in, filled in for this customer.
// The server knows them; what it said of an empty "/" is narrowed here while it is asked again.

import { isComposing } from "../keys.js"
import { t } from "../words.js"

const MOST = 50
const SHORTCUT = /^\/(\S*)$/

export class CannedReplies {
  constructor(list, field, address) {
    this.list = list
    this.field = field
    this.address = address
    this.known = new Map()
    this.found = []
    this.chosen = 0
    /** The one that the text began from. */
    this.began = null
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
    else this.#look("")
  }

  typed() {
    if (!this.field.value.trim()) this.began = null
    const match = SHORTCUT.exec(this.field.value)
    if (!match) return this.close()
    this.#look(match[1].toLowerCase())
  }

  /** What is known is offered at once, and what the server answers when it has. Until then Enter sends nothing that begins with "/". */
  async #look(wanted) {
    const asked = (this.asked = {})
    this.#offer(wanted, [...this.known.values()], { isWhole: false })
    const all = await this.#ask(wanted)
    if (all) for (const reply of all) this.known.set(reply.id, reply)
    if (asked !== this.asked || document.activeElement !== this.field) return
    this.asked = null
    if (this.known.size === 0 && wanted === "") return this.close()
    this.#offer(wanted, all ?? [...this.known.values()], { isWhole: true })
  }

  async #ask(wanted) {
    try {
      const address = `${this.address}?${new URLSearchParams({ q: wanted })}`
      const response = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      return response.ok && !response.redirected ? await response.json() : null
    } catch {
      return null
    }
  }

  #offer(wanted, all, { isWhole }) {
    const starts = (reply) => reply.shortcut.toLowerCase().startsWith(wanted)
    const holds = (reply) => !starts(reply) && reply.body.toLowerCase().includes(wanted)
    const before = this.found[this.chosen]?.id
    const narrowed = [...all.filter(starts), ...all.filter(holds)]
    // The server knows more of them than is looked at here, such as their folders.
    const others = isWhole ? all.filter((reply) => !narrowed.includes(reply)) : []
    this.found = [...narrowed, ...others].slice(0, MOST)
    this.chosen = Math.max(0, this.isOpen ? this.found.findIndex((reply) => reply.id === before) : 0)
    this.#show()
  }

  close() {
    this.asked = null
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
    this.asked = null
    if (SHORTCUT.test(value)) this.#put(reply.body)
    else this.#put(reply.body, selectionEnd, selectionEnd)
    this.began = reply.id
    this.asked = null
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
    const nothing = () => (this.asked ? made("li", "composer__wait", "…") : none())
    this.list.replaceChildren(...(this.found.length > 0 ? this.found.map((reply, index) => this.#option(reply, index)) : [nothing()]))
    this.list.hidden = false
    const chosen = this.list.querySelector("[aria-selected='true']")
    if (chosen) this.field.setAttribute("aria-activedescendant", chosen.id)
    chosen?.scrollIntoView({ block: "nearest" })
  }

  #option(reply, index) {
    const option = made("li", "composer__option")
    option.id = `canned-${index}`
    option.dataset.index = index
    option.setAttribute("aria-selected", String(index === this.chosen))
    option.append(made("b", "", `/${reply.shortcut}`), made("span", "", reply.body))
    return option
  }
}

function none() {
  return made("li", "composer__none", t("composer.no_canned"))
}

function made(name, className, text = "") {
  const element = document.createElement(name)
  if (className) element.className = className
  element.textContent = text
  if (name === "li") {
    element.setAttribute("role", "option")
    element.setAttribute("aria-selected", "false")
  }
  return element
}
