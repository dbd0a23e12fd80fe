// Whoever signs out or goes away says what becomes of what they hold: by mouse, by keyboard alone, with a thumb, and without scripts.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { NARROW, SCHEMES, WIDE, looksSound } from "./support/look.mjs"
import { story } from "./support/story.mjs"

describe("signing off", () => {
  let demo, browser, grace, ana

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    grace = await Agent.signIn(browser, demo, "grace@example.com")
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    await ana.page.locator(".row").first().waitFor()
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "is sound at every size, with something held", async () => {
    await looksSound(ana.page, demo.inbox, { "sign-off": "/sign-off?then=out", "sign-off-away": "/sign-off?then=away" }, { schemes: SCHEMES })
    await ana.page.setViewportSize(WIDE)
  })

  story(() => browser, "offers it to whoever goes away, who keeps what they hold for half an hour", async () => {
    const { page } = ana
    await page.goto(`${demo.inbox}/inbox?view=mine`)
    await ana.isLive()
    const held = await page.locator(".row").count()
    await page.locator(".rail__switch").click()
    const offer = page.locator("#toast-sign-off", { hasText: "You are away and hold" })
    await offer.waitFor()
    await offer.getByRole("link").click()
    await page.getByRole("heading", { name: "While you are away" }).waitFor()
    await page.getByLabel("Keep for 30 minutes").check()
    await page.getByRole("button", { name: "Decide" }).click()
    await page.waitForURL("**/inbox")
    await ana.isLive()
    await page.goto(`${demo.inbox}/inbox?view=mine`)
    assert.equal(await page.locator(".row").count(), held)
    await page.locator(".row__link").first().click()
    await page.locator(".line", { hasText: "Ana Duarte signed off and keeps it until" }).waitFor()
    await grace.page.goto(`${demo.inbox}/floor`)
    await grace.page.locator("#floor-people .floor__row", { hasText: "Ana Duarte" }).filter({ hasText: "Keeps it until" }).waitFor()
    await page.locator(".rail__switch").click()
    await grace.page.locator("#floor-people .floor__row", { hasText: "Keeps it until" }).waitFor({ state: "detached" })
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "hands over to whoever is here and has room, with a thumb at 360 px", async () => {
    const { page } = ana
    await page.setViewportSize(NARROW)
    await page.goto(`${demo.inbox}/sign-off?then=away`)
    const choice = page.locator("label.choice", { hasText: "Hand over to" })
    const go = page.getByRole("button", { name: "Decide" })
    for (const target of [choice, page.getByRole("combobox"), go]) {
      const box = await target.boundingBox()
      assert.ok(box.height >= 44 && box.x >= 0 && box.x + box.width <= NARROW.width, JSON.stringify(box))
    }
    await choice.click()
    const colleague = page.getByRole("combobox")
    const label = await colleague.locator("option", { hasText: "Grace" }).textContent()
    await colleague.selectOption({ label: label.trim() })
    await go.click()
    await page.waitForURL("**/inbox")
    await page.setViewportSize(WIDE)
    await page.goto(`${demo.inbox}/inbox?view=mine`)
    await page.locator(".list").waitFor()
    assert.equal(await page.locator(".row").count(), 0)
  })

  story(() => browser, "asks whoever signs out, who returns all of it by keyboard alone", async () => {
    const { page } = grace
    await page.goto(`${demo.inbox}/inbox?view=mine`)
    await page.locator(".row").first().waitFor()
    await page.locator(".rail__badge").focus()
    await page.keyboard.press("Enter")
    const out = page.locator(".rail__menu").getByRole("button", { name: "Sign out" })
    await out.focus()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Before you sign out" }).waitFor()
    await page.locator('input[value="keep:15"]:focus').waitFor()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowUp")
    assert.ok(await page.getByLabel("Return all to their queues").isChecked())
    await page.keyboard.press("Enter")
    await page.locator("input[name=password]").waitFor()
    const henrik = await Agent.signIn(browser, demo, "henrik@example.com")
    await henrik.page.goto(`${demo.inbox}/floor`)
    await henrik.page.locator(".floor__act", { hasText: "back in their queue" }).first().waitFor()
  })

  story(() => browser, "is a plain form without scripts", async () => {
    const { page } = await Agent.signIn(browser, demo, "ana@example.com", { javaScriptEnabled: false, view: "all" })
    const presence = page.locator(".rail__switch")
    await presence.click()
    await page.locator('.rail__switch[data-availability="online"]').waitFor()
    // Her other page is live: what waits comes to her.
    await ana.page.goto(`${demo.inbox}/inbox?view=mine`)
    await ana.page.locator(".row").first().waitFor()
    await presence.click()
    await page.getByRole("heading", { name: "While you are away" }).waitFor()
    await page.getByRole("link", { name: "Leave them as they are" }).click()
    await page.waitForURL("**/inbox")
    await page.goto(`${demo.inbox}/sign-off?then=out`)
    await page.getByLabel("Return all to their queues").check()
    await page.locator("main").getByRole("button", { name: "Sign out" }).click()
    await page.locator("input[name=password]").waitFor()
  })
})
