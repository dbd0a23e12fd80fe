// The picture that goes with the next answer: checked and shown before it travels.

const LARGEST = 5 * 1024 * 1024
const TYPES = ["image/jpeg", "image/png"]

export class Picture {
  /** `{ file, address, width, height }`, or null. */
  chosen = null

  constructor(preview, image, name) {
    this.preview = preview
    this.image = image
    this.name = name
  }

  /** Takes the file, or answers the key of the words why not. */
  async use(file) {
    if (!file) return null
    if (!TYPES.includes(file.type)) return "composer.wrong_type"
    if (file.size > LARGEST) return "composer.too_large"
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
