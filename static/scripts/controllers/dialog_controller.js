// A form in a dialog: the dialog closes when the form was taken; else what is said above the composer has to be seen as well. It
// carries who held the conversation when it was opened, so that nobody moves what a colleague has just moved.

import { Controller } from "../../vendor/stimulus.js"
import { fetchPart } from "../part.js"
import { socket } from "../socket.js"

export default class extends Controller {
  static targets = ["seen"]

  connect() {
    this.dialog = this.element.closest("dialog")
    this.observer = new MutationObserver(() => this.dialog.open && this.#look())
    this.observer.observe(this.dialog, { attributeFilter: ["open"] })
    this.team = () => this.dialog.open && this.#freshen()
    socket.addEventListener("team", this.team)
  }

  disconnect() {
    this.observer.disconnect()
    socket.removeEventListener("team", this.team)
  }

  done(event) {
    if (!event.detail.fetchResponse) return
    this.element.querySelector(".dialog__refusal")?.replaceChildren()
    this.dialog.close()
    if (event.detail.success) this.element.reset?.()
  }

  #look() {
    const holder = document.getElementById("standing")?.dataset.holder
    if (this.hasSeenTarget && holder) this.seenTarget.value = holder
    this.#freshen()
  }

  /** Who is there and who has room changes while a page is open: the choices are fetched anew, unless one is made meanwhile. */
  async #freshen() {
    if (this.asking) return
    this.asking = true
    const page = await fetchPart(location.href)
    this.asking = false
    const fresh = [...(page?.querySelectorAll(`#${this.dialog.id} .choices`) ?? [])]
    const shown = [...this.element.querySelectorAll(".choices")]
    if (fresh.length !== shown.length || this.element.querySelector(":checked")) return
    const focused = document.activeElement?.value
    shown.forEach((choices, index) => choices.replaceWith(document.importNode(fresh[index], true)))
    if (focused) this.element.querySelector(`[value="${focused}"]`)?.focus()
  }
}
