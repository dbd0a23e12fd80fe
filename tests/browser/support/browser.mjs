// Chromium, and pages that remember every fault they report.

import { existsSync } from "node:fs"
import { chromium } from "playwright-core"

/** The shell without windows draws the same pages in two thirds of the time. */
const PROGRAMS = [
  process.env.CHROMIUM_BINARY, "/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
]
const OPTIONS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
]

/** How long a page may take for what is bound to happen, in milliseconds. */
export const SOON = 20_000

export async function startBrowser() {
  const executablePath = PROGRAMS.find((program) => program && existsSync(program))
  if (!executablePath) throw new Error("Chromium is missing; run: bin/setup --test")
  return chromium.launch({ executablePath, args: OPTIONS })
}

/** A page in a context of its own: nobody else's cookies. Its `faults` are what the console and the page complain of. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", reducedMotion: "reduce", ...options })
  context.setDefaultTimeout(SOON)
  return watched(await context.newPage())
}

/** Remembers what goes wrong on a page, refusals of the content security policy among it. */
export function watched(page) {
  page.faults = []
  page.on("pageerror", (error) => page.faults.push(`uncaught: ${error.message}`))
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") page.faults.push(`${message.type()}: ${message.text()}`)
  })
  return page
}
