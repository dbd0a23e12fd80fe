// The pictures of the documentation, from a conversation that happens while they are taken: node screenshots.mjs FOLDER

import { Agent } from "./support/agent.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { Phone } from "./support/phone.mjs"
import { landscape } from "./support/pictures.mjs"
import { Shots } from "./support/shots.mjs"

const [folder = "docs/screens"] = process.argv.slice(2)
const shots = new Shots(folder, 400_000)

/** Customers the demo knows, with a past. */
const MAYA = ["447700900951", "Maya Fielding"]
const LUCIA = ["13055550195", "Lucía Romero"]

const demo = await startDemo({ past: 2_000 })
const browser = await startBrowser()
try {
  const ana = await Agent.signIn(browser, demo, "ana@example.com", { view: "all" })
  await theyTalk(ana)
  await ana.page.mouse.move(700, 500)

  await shots.keep(ana.page, "inbox")
  await ana.page.emulateMedia({ colorScheme: "dark" })
  await shots.keep(ana.page, "inbox-dark")
  await shots.keep(await onASmallScreen(ana), "inbox-phone")
  await shots.keep(await bothPhones(), "phones")
} finally {
  await browser.close()
  await demo.stop()
}

/** Two customers come in side by side; Ana answers the first. */
async function theyTalk(ana) {
  const maya = await Phone.open(browser, demo, ...MAYA)
  const lucia = await Phone.open(browser, demo, ...LUCIA)
  await maya.writes("Hello, my tent has not arrived and we leave on Saturday")
  await lucia.writes("Hola, ¿me podéis ayudar con un hornillo?")
  await maya.hears("what is it about?")
  await maya.picks("orders")
  await maya.hears("order number")
  await maya.writes("It is 204817")
  await lucia.element.locator(".list-open").waitFor()
  await lucia.picks("support")
  await maya.hears("what happened?")
  await maya.taps("late")
  await ana.opens(MAYA[1])
  await ana.replies("Hi Maya, I have your order open: it left the depot this morning and comes tomorrow before noon.")
  await maya.writes("That is a relief! This is where we want to pitch it")
  await maya.sendsPicture(landscape(110, 800, 400))
  await ana.thread.locator('[data-kind="image"] img').waitFor()
  await ana.notes("Carrier confirmed by phone, driver has her number")
  await ana.replies("What a place. I keep an eye on it and write to you when it is delivered.")
  await ana.seesTicks("What a place", "read")
  await ana.reads()
}

async function onASmallScreen(ana) {
  const page = await openPage(browser, {
    viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, storageState: await ana.page.context().storageState(),
  })
  await page.goto(ana.page.url())
  await new Agent(page, demo).isLive()
  return page
}

async function bothPhones() {
  const page = await openPage(browser)
  await page.goto(`${demo.phones}/?phones=${MAYA[0]},${LUCIA[0]}`)
  await page.locator(".phone form.compose").nth(1).waitFor()
  await page.locator('.light[data-state="live"]').waitFor()
  return page
}
