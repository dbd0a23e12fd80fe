// Who else looks at this conversation, and who is typing.

import { Controller } from "../../vendor/stimulus.js"
import { socket } from "../socket.js"
import { counted, phrase } from "../words.js"

export default class extends Controller {
  connect() {
    const { conversation } = this.element.closest(".conversation").dataset
    this.heard = (event) => event.detail.conversation === conversation && this.#show(event.detail)
    socket.addEventListener("people", this.heard)
  }

  disconnect() {
    socket.removeEventListener("people", this.heard)
  }

  #show({ viewers, typing }) {
    const others = namesOfOthers(viewers)
    const typists = namesOfOthers(typing)
    const parts = others.map((name) => part("people__face", initials(name), name))
    if (others.length > typists.length) parts.push(part("people__names", counted("people.viewing", others.length, { names: phrase(others) })))
    if (typists.length > 0) parts.push(part("people__typing", counted("people.typing", typists.length, { names: phrase(typists) })))
    this.element.replaceChildren(...parts)
  }
}

function namesOfOthers(people) {
  return people.filter((person) => person.id !== document.body.dataset.user).map((person) => person.name)
}

function part(className, text, title) {
  const element = document.createElement("span")
  element.className = className
  element.textContent = text
  if (title) {
    element.title = title
    element.setAttribute("aria-hidden", "true")
  }
  return element
}

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean)
  return [words.at(0), words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase()
}
