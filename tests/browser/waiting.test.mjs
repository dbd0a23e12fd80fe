// Queues that are paused, and that overflow: a supervisor, an agent and a customer see it.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { NARROW, WIDE, keepPicture, looksSound, settled } from "./support/look.mjs"
import { story } from "./support/story.mjs"

const QUEUE = "Advice and repairs"
const REASON = "The stock system is down"
const TEXT = "We are busy today, and answer you {queue.promise}."

describe("queues that rest or overflow", () => {
  let demo, browser, grace, iris, ben

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    grace = await Agent.signIn(browser, demo, "grace@example.com")
    iris = await Agent.signIn(browser, demo, "iris@example.com")
    ben = await Agent.signIn(browser, demo, "ben@example.com")
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "a supervisor pauses a queue with a thumb, which everybody who works for it reads, and takes it back", async () => {
    const { page } = grace
    await page.setViewportSize(NARROW)
    await comesTo(page, "/floor")
    await rowOf(page).getByRole("link").click()
    await page.locator("#floor-panel input[name=reason]").fill(REASON)
    await page.locator("#floor-panel select[name=minutes]").selectOption("30")
    await keepPicture(page, "rest-form-360-light")
    await page.getByRole("button", { name: "Pause", exact: true }).click()
    const toast = page.locator("#toast-floor", { hasText: REASON })
    await toast.waitFor()
    await rowOf(page).locator(".floor__rest", { hasText: `until` }).waitFor()
    await page.locator(".floor__act", { hasText: "Paused until" }).waitFor()
    await comesTo(iris.page, "/floor?wall")
    await rowOf(iris.page).locator(".floor__rest", { hasText: REASON }).waitFor()
    assert.ok(!(await iris.page.locator("main").textContent()).includes("Grace"), "nobody's name on the wall")
    await toast.getByRole("button", { name: "Undo" }).click()
    await rowOf(page).locator(".floor__rest").waitFor({ state: "detached" })
    await page.locator(".floor__act", { hasText: "Taken back" }).waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "an agent's list says that their queue is paused, as it happens, until that is ended", async () => {
    await ben.page.goto(`${demo.inbox}/inbox`)
    await settled(ben.page)
    const team = await teamOf(ben.page)
    const { page } = grace
    await page.setViewportSize(WIDE)
    await comesTo(page, "/floor")
    await rowOf(page, team).getByRole("link").click()
    await page.locator("#floor-panel input[name=reason]").fill(REASON)
    await page.locator("#floor-panel select[name=minutes]").selectOption("")
    await page.getByRole("button", { name: "Drain", exact: true }).click()
    await ben.page.locator(".list__trouble--rest", { hasText: REASON }).waitFor()
    await looksSound(page, demo.inbox, { "floor-resting": "/floor", "wall-resting": "/floor?wall" })
    await looksSound(ben.page, demo.inbox, { "inbox-resting": "/inbox" })
    await page.setViewportSize(WIDE)
    await comesTo(page, "/floor")
    await rowOf(page, team).getByRole("link").click()
    await page.getByRole("button", { name: "End it" }).click()
    await page.locator("#toast-floor", { hasText: "goes on." }).waitFor()
    await ben.page.locator(".list__trouble--rest").waitFor({ state: "detached" })
    assert.deepEqual([...page.faults, ...ben.page.faults], [])
  })

  story(() => browser, "a queue overflows when nobody is there: the customer reads it, and the thread says why", async () => {
    const { page } = iris
    await page.setViewportSize(WIDE)
    await comesTo(page, "/settings/queues")
    await page.getByRole("link", { name: QUEUE, exact: true }).click()
    await page.locator("#overflow input[name=overflow_after]").fill("5")
    await page.locator('#overflow textarea[name="overflow_text:en"]').fill(TEXT)
    await page.getByRole("button", { name: "Save" }).last().click()
    await page.locator(".done button").waitFor()
    const path = new URL(page.url()).pathname
    await looksSound(page, demo.inbox, { "queue-overflow": path })
    const who = "447700940001"
    await demo.control.person(who, "Omar Sy")
    await demo.control.writes(who, "agent")
    await page.emulateMedia({ colorScheme: "light" })
    await page.setViewportSize(WIDE)
    await page.goto(`${demo.inbox}/inbox?view=all`)
    await page.locator(".row", { hasText: "Omar Sy" }).first().click()
    await page.locator(".line", { hasText: `Nobody in ${QUEUE} has had it for` }).waitFor()
    const sent = await demo.control.sentTo(who)
    assert.ok(sent.some((call) => /We are busy today, and answer you within 15 minutes\./.test(JSON.stringify(call.request))), JSON.stringify(sent))
    await keepPicture(page, "thread-overflow-1440-light")
    assert.deepEqual(page.faults, [])
  })

  function rowOf(page, name = QUEUE) {
    return page.locator("#floor-queues .floor__row").filter({ has: page.locator(".floor__name > bdi", { hasText: name }) })
  }

  /** The queue that somebody works for: where the demo puts them. */
  async function teamOf() {
    return "Billing"
  }

  async function comesTo(page, path) {
    await page.goto(`${demo.inbox}${path}`)
    await settled(page)
  }
})
