// A page of settings: shows what a colleague changed as soon as it was, but never over what somebody is typing.

import { Controller } from "../../vendor/stimulus.js"
import { visit } from "../../vendor/turbo.js"
import { socket } from "../socket.js"

export default class extends Controller {
  static targets = ["elsewhere"]

  connect() {
    this.show = () => this.#show()
    socket.addEventListener("set_up", this.show)
  }

  disconnect() {
    socket.removeEventListener("set_up", this.show)
  }

  #show() {
    if (this.element.querySelector("form[aria-busy]")) return
    if (this.#isBegun()) this.elsewhereTarget.hidden = false
    else visit(location.href, { action: "replace" })
  }

  /** Whether something is being typed, or is not saved: now, or before it was refused. */
  #isBegun() {
    if (this.element.querySelector("#problem, input:focus, select:focus, textarea:focus")) return true
    const isChanged = ({ value, defaultValue, checked, defaultChecked }) => value !== defaultValue || checked !== defaultChecked
    const isAnother = ({ selected, defaultSelected }) => selected !== defaultSelected
    const hasChosen = ({ options }) => [...options].some((one) => one.defaultSelected) && [...options].some(isAnother)
    return [...this.element.querySelectorAll("input, textarea")].some(isChanged)
      || [...this.element.querySelectorAll("select")].some(hasChosen)
  }
}
