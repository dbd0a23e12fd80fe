// A page of settings: shows what a colleague changed as soon as it was, but never over what somebody is typing.

import { Controller } from "../../vendor/stimulus.js"
import { visit } from "../../vendor/turbo.js"
import { socket } from "../socket.js"

export default class extends Controller {
  static targets = ["elsewhere"]

  connect() {
    this.show = () => this.#show()
    this.leave = () => (this.isLeaving = true)
    this.isLeaving = false
    socket.addEventListener("set_up", this.show)
    document.addEventListener("turbo:visit", this.leave)
  }

  disconnect() {
    socket.removeEventListener("set_up", this.show)
    document.removeEventListener("turbo:visit", this.leave)
    this.asked = null
  }

  /** The page is read first, and shown only if nothing was begun until then. */
  async #show() {
    if (this.#isGoing()) return
    if (this.#isBegun()) return this.#tell()
    const asked = (this.asked = {})
    const read = await readPage(location.href)
    if (!read || asked !== this.asked || this.#isGoing()) return
    if (this.#isBegun()) return this.#tell()
    const place = placeOf(document.activeElement)
    const { scrollTop } = this.element
    document.addEventListener("turbo:render", () => {
      document.getElementById(this.element.id)?.scrollTo({ top: scrollTop })
      if (document.activeElement === document.body) elementAt(place)?.focus({ preventScroll: true })
    }, { once: true })
    visit(location.href, { action: "replace", ...read })
  }

  #tell() {
    this.elsewhereTarget.hidden = false
  }

  /** Whether a form is on its way, or another page: neither is overtaken. */
  #isGoing() {
    return this.isLeaving || this.element.querySelector("form[aria-busy]") !== null
  }

  /** Whether something is being typed, or is not saved: now, or before it was refused. Or is shown this once: that says `data-begun`. */
  #isBegun() {
    if (this.element.querySelector("#problem, [data-begun], input:focus, select:focus, textarea:focus")) return true
    const isChanged = ({ value, defaultValue, checked, defaultChecked }) => value !== defaultValue || checked !== defaultChecked
    const isAnother = ({ selected, defaultSelected }) => selected !== defaultSelected
    const hasChosen = ({ options }) => [...options].some((one) => one.defaultSelected) && [...options].some(isAnother)
    return [...this.element.querySelectorAll("input, textarea")].some(isChanged)
      || [...this.element.querySelectorAll("select")].some(hasChosen)
  }
}

/** The page at `address`, as a visit takes it: it is read by the visit where it leads elsewhere. Null when it cannot be reached, or is left. */
async function readPage(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } })
    if (response.redirected) return {}
    return { response: { statusCode: response.status, responseHTML: await response.text(), redirected: false } }
  } catch {
    return null
  }
}

/** What tells an element from others on a page that comes anew. */
const TELLING = ["id", "name", "type", "href", "action", "formaction", "data-action"]

/** Where an element stands, so that it is found on the page that takes the place of this one. */
function placeOf(element) {
  const form = element.id ? null : element.closest("form")
  const selector = [form, element].filter(Boolean).map(wordsOf).join(" ")
  return { selector, number: [...document.querySelectorAll(selector)].indexOf(element) }
}

function elementAt({ selector, number }) {
  return document.querySelectorAll(selector)[number]
}

function wordsOf(element) {
  const told = TELLING.filter((name) => element.hasAttribute(name))
  return element.localName + told.map((name) => `[${name}="${CSS.escape(element.getAttribute(name))}"]`).join("")
}
