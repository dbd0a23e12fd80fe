// One test with what it needs to be understood when it fails: a picture of every open page, under target/browser/.

import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const PICTURES = resolve(fileURLToPath(import.meta.url), "../../../../target/browser")
const LONGEST = 240_000

/** As `test`; `browser()` answers the browser whose pages are kept as pictures should it fail. */
export function story(browser, name, body, timeout = LONGEST) {
  test(name, { timeout }, async (context) => {
    try {
      await body(context)
    } catch (error) {
      await keepPictures(browser(), name)
      throw error
    }
  })
}

async function keepPictures(browser, name) {
  mkdirSync(PICTURES, { recursive: true })
  const pages = browser?.contexts().flatMap((context) => context.pages()) ?? []
  const file = name.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60)
  const takes = pages.map((page, index) => page.screenshot({ path: join(PICTURES, `${file}-${index}.png`), timeout: 5_000 }))
  await Promise.allSettled(takes)
}
