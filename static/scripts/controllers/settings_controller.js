// A page of settings: shows what a colleague changed as soon as it was, but never over what somebody is typing.

import { Controller } from "../../vendor/stimulus.js"
import { visit } from "../../vendor/turbo.js"
import { socket } from "../socket.js"

/** With these somebody goes on, to another page or with a form. */
const GOING = ["turbo:visit", "turbo:submit-start"]

export default class extends Controller {
  static targets = ["elsewhere"]

  connect() {
    this.show = () => this.#show()
    this.leave = () => this.#leave()
    this.isLeaving = false
    socket.addEventListener("set_up", this.show)
    for (const going of GOING) document.addEventListener(going, this.leave)
  }

  disconnect() {
    socket.removeEventListener("set_up", this.show)
    for (const going of GOING) document.removeEventListener(going, this.leave)
    this.#forget()
  }

  /** The page is read first, and shown only if nothing was begun until then. */
  async #show() {
    if (this.#isGoing()) return
    if (this.#isBegun()) return this.#tell()
    const asked = (this.asked = {})
    const read = await readPage(location.href)
    if (!read || asked !== this.asked || this.#isGoing()) return
    if (this.#isBegun()) return this.#tell()
    visit(location.href, { action: "replace", ...read })
    this.asked = asked
    this.replace = ({ detail }) => (detail.render = this.#unlessBegun(asked, detail.render))
    document.addEventListener("turbo:before-render", this.replace, { once: true })
  }

  /** A page is shown a moment after it was handed over: what was begun in that moment stays as well. */
  #unlessBegun(asked, render) {
    return (...pages) => {
      if (asked !== this.asked) return
      if (this.#isBegun()) {
        this.isLeaving = false
        return this.#tell()
      }
      const place = placeOf(document.activeElement)
      const { id, scrollTop } = this.element
      document.addEventListener("turbo:render", () => {
        document.getElementById(id)?.scrollTo({ top: scrollTop })
        if (document.activeElement === document.body) elementAt(place)?.focus({ preventScroll: true })
      }, { once: true })
      render(...pages)
    }
  }

  #leave() {
    this.isLeaving = true
    this.#forget()
  }

  #forget() {
    this.asked = null
    document.removeEventListener("turbo:before-render", this.replace)
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
    if (this.element.querySelector("#problem, [data-begun], input:focus:not([data-finder-target]), select:focus, textarea:focus")) return true
    const isChanged = ({ value, defaultValue, checked, defaultChecked }) => value !== defaultValue || checked !== defaultChecked
    return [...this.element.querySelectorAll("input:not([data-finder-target]), textarea")].some(isChanged)
      || [...this.element.querySelectorAll("select")].some(hasChosen)
  }
}

/** Whether another option of a select is chosen than it came with: where none is said, it comes with the first that can be chosen. */
function hasChosen({ options, multiple }) {
  const all = [...options]
  const said = all.filter((one) => one.defaultSelected)
  const came = said.length > 0 || multiple ? said : all.filter((one) => !one.disabled).slice(0, 1)
  return all.some((one) => one.selected !== came.includes(one))
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
