// The picture that goes with the next answer: checked and shown before it travels.

import { t } from "../words.js"

export class Picture {
  /** `{ file, address, width, height }`, or null. */
  chosen = null

  /** `input` is where it is picked, and says which pictures the channel takes; `text` is what is written beside it. */
  constructor({ preview, image, name, input, text, refusal }) {
    Object.assign(this, { preview, image, name, input, text, refusal })
  }

  /** Takes the file, or says why not. What was refused comes back together with the reason why. */
  async take(file, { isRestored = false } = {}) {
    const problem = await this.#use(file)
    if (problem || !isRestored) this.refusal.say(problem ? t(problem) : "")
    if (problem) this.input.value = ""
    else this.text.focus()
  }

  /** Takes a file that was pasted or dropped, if there is one: the browser does not. */
  takeFrom(event, file) {
    if (!file) return
    event.preventDefault()
    this.take(file)
  }

  /** Answers the key of the words why not. */
  async #use(file) {
    if (!file) return null
    if (this.input.disabled) return "refusal.no_pictures"
    if (!this.input.accept.split(",").includes(file.type)) return "composer.wrong_type"
    if (file.size > Number(this.input.dataset.largest)) return "composer.too_large"
    this.#forget()
    const address = URL.createObjectURL(file)
    this.image.src = address
    try {
      await this.image.decode()
    } catch {
      URL.revokeObjectURL(address)
      return "composer.wrong_type"
    }
    this.chosen = { file, address, width: this.image.naturalWidth, height: this.image.naturalHeight }
    this.name.textContent = file.name
    this.preview.hidden = false
    return null
  }

  /** `keepAddress`: the pending bubble still shows it; the page lets go of it with the next load. */
  clear(options) {
    this.#forget(options)
    this.input.value = ""
  }

  #forget({ keepAddress = false } = {}) {
    if (this.chosen && !keepAddress) URL.revokeObjectURL(this.chosen.address)
    this.chosen = null
    this.image.removeAttribute("src")
    this.preview.hidden = true
  }
}
