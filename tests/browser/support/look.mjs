// A look at one page after the other: wide and narrow, light and dark.

import assert from "node:assert/strict"
import { mkdirSync } from "node:fs"
import { faultsOf } from "./axe.mjs"

export const WIDE = { width: 1440, height: 900 }
export const MIDDLE = { width: 1024, height: 768 }
export const NARROW = { width: 360, height: 740 }
export const SIZES = [WIDE, MIDDLE, NARROW]
export const SCHEMES = ["light", "dark"]

/** BATON_PICTURES=folder keeps a picture of every page. */
const PICTURES = process.env.BATON_PICTURES
export const KEEPS_PICTURES = Boolean(PICTURES)

/**
 * Nothing complains on any of `pages` (addresses by name), nothing sticks out, and axe finds nothing grave. Once seen in one colour scheme,
 * only colours need another look; with `colours: false` they need none.
 */
export async function looksSound(page, inbox, pages, { sizes = SIZES, schemes = SCHEMES, colours = true, called = (name) => name } = {}) {
  const faults = []
  for (const [name, path] of Object.entries(pages)) {
    for (const size of sizes) {
      await page.setViewportSize(size)
      await page.emulateMedia({ colorScheme: schemes[0] })
      const response = await page.goto(inbox + path)
      await settled(page)
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme })
        const rules = colorScheme === schemes[0] ? undefined : colours ? ["color-contrast"] : []
        const found = (await faultsOf(page, { rules, colours })).filter((fault) => response.status() < 400 || !fault.includes("Failed to load resource"))
        faults.push(...found.map((fault) => `${name} at ${size.width}, ${colorScheme}: ${fault}`))
        await keepPicture(page, `${called(name)}-${size.width}-${colorScheme}`)
      }
    }
  }
  assert.equal(faults.join("\n"), "")
}

/** Scripts have drawn what they draw. */
export async function settled(page) {
  await page.waitForLoadState("load")
  const light = page.locator(".rail__light")
  if (await light.count()) await page.locator('.rail__light[data-connection="live"]').waitFor({ state: "attached" })
  await page.evaluate(() => document.fonts.ready)
}

export async function keepPicture(page, name) {
  if (!PICTURES) return
  mkdirSync(PICTURES, { recursive: true })
  await page.screenshot({ path: `${PICTURES}/${await page.evaluate(() => document.documentElement.lang)}-${name}.png` })
}
