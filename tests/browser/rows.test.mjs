// What a row of the list owes whoever looks at it: what is new to them, and what of ours may not have arrived.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"
import { Wire } from "./support/wire.mjs"

const ROSA = "447700900901"
const NINA = "447700900902"
const NUMBER = "200300400500600"

describe("a row", () => {
  let demo, browser, ana

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    await demo.control.person(ROSA, "Rosa Lind")
    await demo.control.writes(ROSA, "agent")
    await ana.row("Rosa Lind").waitFor()
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "is no longer new in all of a person's browsers once it was read in one", async () => {
    const page = await openPage(browser, { storageState: await ana.page.context().storageState() })
    await page.goto(`${demo.inbox}/inbox`)
    const there = new Agent(page, demo)
    await there.isLive()
    await there.row("Rosa Lind").and(page.locator(".is-unread")).waitFor()
    await ana.opens("Rosa Lind")
    await there.row("Rosa Lind").and(page.locator(":not(.is-unread)")).waitFor()
    await there.shows("all")
    await demo.control.writes(ROSA, "And one more thing")
    await ana.reads()
    await there.row("Rosa Lind").filter({ hasText: "And one more thing" }).and(page.locator(":not(.is-unread)")).waitFor()
    await page.context().close()
  })

  story(() => browser, "opens when it is clicked, although it comes anew between press and release", async () => {
    const page = await openPage(browser, { storageState: await ana.page.context().storageState() })
    const wire = await Wire.lay(page, () => Infinity)
    await page.goto(`${demo.inbox}/inbox`)
    const there = new Agent(page, demo)
    await there.isLive()
    await page.locator(".row:not(:has-text('Rosa Lind')) .row__link").first().click()
    await page.locator("#reply-text:focus").waitFor()
    const held = wire.holds("While it is pressed")
    await demo.control.writes(ROSA, "While it is pressed")
    await held
    await page.clock.install()
    await there.row("Rosa Lind").hover()
    await page.mouse.down()
    await page.clock.runFor(150)
    wire.lets()
    await page.evaluate(() => "what was said before is heard")
    await page.mouse.up()
    await page.clock.resume()
    await there.conversation.and(page.locator('[data-contact="Rosa Lind"]')).waitFor()
    await there.row("Rosa Lind").filter({ hasText: "While it is pressed" }).waitFor()
    await page.context().close()
  })

  story(() => browser, "says that an answer may not have arrived, and its customer waits on", async () => {
    const row = ana.row("Rosa Lind")
    const waiting = row.locator(".row__wait")
    await waiting.waitFor()
    const since = await waiting.locator("time").getAttribute("datetime")
    // Marking as read and "typing" are calls too: as many as there may be.
    await demo.control.fails({ target: "messages", to: ROSA, reset: "before_body", count: 50 })
    await ana.replies("Your parcel is at the depot")
    const mark = row.locator(".row__trouble--uncertain", { hasText: "May not have arrived:" })
    await mark.waitFor()
    assert.equal(await waiting.locator("time").getAttribute("datetime"), since, "since when they have waited")
    assert.equal(await ana.page.locator(".brief__wait time").getAttribute("datetime"), since, "above the thread too")
    await ana.page.reload()
    await mark.waitFor()
    await waiting.waitFor()
  })

  story(() => browser, "is quiet again when the answer is known to have arrived", async () => {
    await ana.seesTicks("Your parcel is at the depot", "unknown")
    await demo.control.isWellAgain()
    const id = await ana.bubble("Your parcel is at the depot").getAttribute("id")
    await demo.control.webhook(delivered(id.replace("message-", "")))
    await ana.seesTicks("Your parcel is at the depot", "delivered")
    await ana.row("Rosa Lind").locator(".row__trouble").waitFor({ state: "detached" })
    await ana.row("Rosa Lind").locator(".row__wait").waitFor({ state: "detached" })
    await ana.page.locator(".brief__wait").waitFor({ state: "detached" })
  })

  story(() => browser, "says apart from the last line that an earlier answer may not have arrived", async () => {
    await demo.control.fails({ target: "messages", to: ROSA, reset: "before_body", count: 50 })
    await ana.replies("And the invoice is on its way")
    const row = ana.row("Rosa Lind")
    await row.locator(".row__trouble--uncertain").waitFor()
    await row.locator(".row__mark--uncertain").waitFor({ state: "detached" })
    await demo.control.writes(ROSA, "Are you there?")
    await row.filter({ hasText: "Are you there?" }).locator(".row__mark--uncertain", { hasText: "Unconfirmed" }).waitFor()
    await row.locator(".row__trouble").waitFor({ state: "detached" })
    await ana.page.reload()
    await row.locator(".row__mark--uncertain").waitFor()
  })

  story(() => browser, "says that an answer was not delivered, and its customer waits on", async () => {
    await demo.control.isWellAgain()
    await demo.control.person(NINA, "Nina Falk")
    await demo.control.writes(NINA, "agent")
    await ana.opens("Nina Falk")
    const row = ana.row("Nina Falk")
    const since = await row.locator(".row__wait time").getAttribute("datetime")
    await demo.control.fails({ target: "messages", to: NINA, status: 400, code: 131026, count: 50 })
    await ana.replies("Here is your invoice")
    await row.locator(".row__trouble--failed", { hasText: "Not delivered:" }).waitFor()
    assert.equal(await row.locator(".row__wait time").getAttribute("datetime"), since, "since when they have waited")
    await demo.control.isWellAgain()
    await ana.replies("I send it to you by letter")
    await row.locator(".row__wait").waitFor({ state: "detached" })
    await row.locator(".row__trouble").waitFor({ state: "detached" })
  })

  story(() => browser, "says at once that its number stopped, which answer waits for it, and stays as high as it was", async () => {
    const row = ana.row("Nina Falk")
    const height = await heightOf(row)
    await demo.control.writes(NINA, "And the other one?")
    await row.locator(".row__wait").waitFor()
    await demo.control.fails({ target: "messages", to: NINA, status: 401, code: 190, count: 50 })
    await ana.replies("That one too")
    await row.locator(".row__trouble--queued").waitFor({ state: "attached" })
    assert.equal(await heightOf(row), height, "before it is worth a word")
    await row.locator(".row__trouble--queued", { hasText: "Not sent yet:" }).waitFor()
    assert.equal(await heightOf(row), height, "with the word")
    await row.locator(".row__wait").waitFor()
    await ana.page.locator(".list__trouble", { hasText: "sends nothing now" }).waitFor()
  })
})

/** In pixels. A row that is drawn anew between being found and being measured has none: it is looked for again. */
async function heightOf(row) {
  for (let looks = 0; looks < 20; looks += 1) {
    await row.waitFor()
    const box = await row.boundingBox()
    if (box) return box.height
  }
  throw new Error("the row is drawn anew again and again")
}

/** WhatsApp says that our message was delivered; it brings our id back. */
function delivered(message) {
  const status = {
    id: "wamid.HBgM", status: "delivered", timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: ROSA, biz_opaque_callback_data: message,
  }
  const value = { messaging_product: "whatsapp", metadata: { phone_number_id: NUMBER }, statuses: [status] }
  return { object: "whatsapp_business_account", entry: [{ id: "300400500600700", changes: [{ field: "messages", value }] }] }
}
