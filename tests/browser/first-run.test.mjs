// From an empty database to a number that speaks: on pages alone, with what Meta's dashboard does done there.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { openPage, startBrowser } from "./support/browser.mjs"
import { faultsOf } from "./support/axe.mjs"
import { startBare } from "./support/demo.mjs"
import { Owner } from "./support/owner.mjs"
import { story } from "./support/story.mjs"

const PHONE = "447700900301"

describe("the first run", () => {
  let bare, browser, owner

  before(async () => {
    const starting = startBare()
    browser = await startBrowser()
    bare = await starting
  })

  after(async () => {
    await browser?.close()
    await bare?.stop()
  })

  story(() => browser, "makes the first account at the address that was printed, in the browser's time zone, once", async () => {
    const page = await openPage(browser, { timezoneId: "America/Bogota" })
    await page.goto(bare.begin)
    await page.waitForFunction(() => document.querySelector("[name=time_zone]").value === "America/Bogota")
    assert.deepEqual(await faultsOf(page), [])
    await page.context().close()
    owner = await Owner.begins(browser, bare)
    const late = await openPage(browser)
    assert.equal((await late.goto(bare.begin)).status(), 404)
    await late.context().close()
    assert.equal(await owner.hasDone("number"), false)
  })

  story(() => browser, "connects a number step by step, and what is done elsewhere shows by itself", async () => {
    await owner.connects()
    await owner.page.locator("html:not([aria-busy])").waitFor()
    assert.deepEqual(await faultsOf(owner.page), [])
    assert.deepEqual(owner.page.faults, [])
  })

  story(() => browser, "sends a test message to a phone, and sees it arrive and be answered", async () => {
    const { page } = owner
    await bare.control.person(PHONE, "Olga's phone")
    await owner.goes("/settings/numbers")
    await page.getByRole("link", { name: "Main line" }).click()
    await page.getByLabel("Your phone, with its country").fill(`+${PHONE}`)
    await page.getByRole("button", { name: "Send a test message" }).click()
    await page.locator("#test-state", { hasText: /It is on the phone|It was read/ }).waitFor()
    await bare.control.writes(PHONE, "it works")
    await page.locator("#test-state", { hasText: "The answer came in." }).waitFor()
    await page.locator('#health .health__standing[data-standing="speaks"]').waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "ticks the first steps by itself, while somebody looks", async () => {
    await owner.goes("/settings/start")
    for (const step of ["number", "webhook", "team"]) assert.equal(await owner.hasDone(step), true, step)
    assert.equal(await owner.hasDone("talk"), false)
    const other = await owner.page.context().newPage()
    await other.goto(`${bare.inbox}/inbox?view=all`)
    await other.locator(".row__link").first().click()
    const take = other.getByRole("button", { name: /^Take/ }).first()
    if (await take.isVisible()) await take.click()
    await other.locator("#reply-text").fill("Welcome!")
    await other.keyboard.press("Enter")
    await owner.page.bringToFront()
    await owner.page.locator('#step-talk[data-done="true"]').waitFor()
    await other.close()
  })

  story(() => browser, "pauses the number and lets it speak again, and shows the whole installation", async () => {
    const { page } = owner
    await owner.goes("/settings/numbers")
    await page.getByRole("link", { name: "Main line" }).click()
    await page.getByRole("button", { name: "Pause" }).click()
    await page.locator('.health__standing[data-standing="paused"]').waitFor()
    await page.getByRole("button", { name: "Speak again" }).click()
    await page.locator('.health__standing[data-standing="speaks"]').waitFor()
    await page.locator(".rail__badge").click()
    await page.getByRole("link", { name: "System" }).click()
    await page.locator("h1", { hasText: "System" }).waitFor()
    assert.deepEqual(await faultsOf(page), [])
  })
})
