// Pictures for the documentation: taken once nothing moves, and never too large.

import { mkdirSync, statSync } from "node:fs"
import { join } from "node:path"

/** Puts pictures of pages into a folder, each of at most so many bytes. */
export class Shots {
  constructor(folder, largest) {
    mkdirSync(folder, { recursive: true })
    Object.assign(this, { folder, largest })
  }

  /** Takes what is in sight, or the part of it that `clip` says in pixels, once every image is there. */
  async keep(page, name, { clip } = {}) {
    await page.evaluate(async () => {
      const images = [...document.images].filter((image) => image.checkVisibility() && image.currentSrc)
      await Promise.all(images.map((image) => image.decode().catch(() => {})))
      await document.fonts.ready
    })
    const path = join(this.folder, `${name}.png`)
    await page.screenshot({ path, clip, animations: "disabled", caret: "hide" })
    const { size } = statSync(path)
    console.log(`${path}  ${Math.round(size / 1000)} KB`)
    if (size > this.largest) throw new Error(`${path} is larger than ${this.largest / 1000} KB`)
  }
}
