// The picture that goes with the next answer: checked and shown before it travels.

export class Picture {
  /** `{ file, address, width, height }`, or null. */
  chosen = null

  /** `field` says which pictures the channel takes. */
  constructor(field, preview, image, name) {
    this.field = field
    this.preview = preview
    this.image = image
    this.name = name
  }

  /** Takes the file, or answers the key of the words why not. */
  async use(file) {
    if (!file) return null
    if (this.field.disabled) return "refusal.no_pictures"
    if (!this.field.accept.split(",").includes(file.type)) return "composer.wrong_type"
    if (file.size > Number(this.field.dataset.largest)) return "composer.too_large"
    this.clear()
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
  clear({ keepAddress = false } = {}) {
    if (this.chosen && !keepAddress) URL.revokeObjectURL(this.chosen.address)
    this.chosen = null
    this.image.removeAttribute("src")
    this.preview.hidden = true
  }
}
