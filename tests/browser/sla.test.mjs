// SLA policies: an administrator makes one, a queue takes it, a customer writes; the row warns and is late, the floor alarms, and an answer
// ends it. The least target is a minute, which is waited for by what the row says.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { faultsOf } from "./support/axe.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { SCHEMES, WIDE, looksSound } from "./support/look.mjs"
import { story } from "./support/story.mjs"

/** Always open, and nobody of its team is there. */
const QUEUE = "Advice and repairs"
const NAME = "Ola Nordmann"

/** As long as the least target, and a little for what follows. */
const LATE = { timeout: 90_000 }

describe("SLA policies", () => {
  let demo, browser, iris, grace, queue

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    iris = await Agent.signIn(browser, demo, "iris@example.com")
    grace = await Agent.signIn(browser, demo, "grace@example.com")
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "are made by keyboard alone, and say what cannot be", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/sla`)
    await page.locator("input[name=name]").focus()
    await page.keyboard.type("Repairs")
    await page.keyboard.press("Enter")
    await page.locator(".refusal", { hasText: "Nothing is measured by the SLA policy Repairs: give it a target." }).waitFor()
    assert.equal(await page.locator("input[name=name]").inputValue(), "Repairs", "what was typed stays")
    await page.locator("input[name=first_response_normal]").focus()
    await page.keyboard.type("60")
    await page.locator("select[name=warn_by]").selectOption("minutes")
    await page.locator("input[name=warn]").fill("60")
    await page.locator("input[name=warn]").press("Enter")
    await page.locator("h1", { hasText: "Repairs" }).waitFor()
    await page.getByText("Measured by it: No queue has it").waitFor()
    await page.locator(".act", { hasText: "Added the SLA policy Repairs" }).waitFor()
    assert.deepEqual(page.faults.splice(0).filter((fault) => !/422/.test(fault)), [])
  })

  story(() => browser, "are chosen by a queue, and stay while it has them", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/queues`)
    await page.getByRole("link", { name: QUEUE }).click()
    await page.getByLabel("SLA policy").selectOption({ label: "Repairs" })
    queue = page.url()
    await page.getByRole("button", { name: "Save" }).last().click()
    await page.locator(".done button").waitFor()
    await page.locator(".act__part", { hasText: "Repairs" }).first().waitFor()
    await page.goto(`${demo.inbox}/settings/sla`)
    await page.getByRole("link", { name: "Repairs" }).click()
    await page.getByText(`It cannot be removed while queues have it: ${QUEUE}`).waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "mark a row before it is late and when it is, alarm on the floor, and an answer ends it", async () => {
    const phone = "447700900555"
    await demo.control.person(phone, NAME)
    await demo.control.writes(phone, "agent")
    await grace.page.goto(`${demo.inbox}/inbox?view=unassigned`)
    await grace.row(NAME).locator(".row__mark--soon", { hasText: "Due in" }).waitFor()
    await grace.page.goto(`${demo.inbox}/floor`)
    await floorRow().locator(".floor__soon", { hasText: "due soon" }).waitFor()

    const { page } = iris
    await page.locator("input[name=first_response_normal]").fill("1")
    await page.locator("input[name=warn]").fill("1")
    await page.getByRole("button", { name: "Save" }).click()
    await page.locator(".done button").waitFor()
    await grace.page.locator(".floor__alert", { hasText: `${QUEUE}:` }).waitFor()
    await floorRow().locator(".floor__late", { hasText: "late by the SLA" }).waitFor(LATE)
    await grace.page.locator("#floor-strip", { hasText: "Late by the SLA" }).waitFor()
    await looksSound(grace.page, demo.inbox, { "sla-floor": "/floor", "sla-wall": "/floor?wall" }, { schemes: SCHEMES })
    await grace.page.setViewportSize(WIDE)
    await grace.page.emulateMedia({ colorScheme: "light" })

    await grace.page.goto(`${demo.inbox}/inbox?view=unassigned`)
    await grace.row(NAME).locator(".row__mark--late", { hasText: "Late by" }).waitFor(LATE)
    await grace.opens(NAME)
    await grace.page.locator("#sla-clocks .due--late", { hasText: "Late by" }).waitFor()
    await grace.thread.locator(".line", { hasText: "The first answer is late: it was due" }).waitFor()
    const thread = new URL(grace.page.url()).pathname
    await looksSound(grace.page, demo.inbox, { "sla-thread": thread, "sla-list": "/inbox?view=unassigned" }, { schemes: SCHEMES })
    await grace.page.setViewportSize(WIDE)
    await grace.page.emulateMedia({ colorScheme: "light" })

    await grace.page.goto(demo.inbox + thread)
    await grace.isLive()
    await grace.page.locator("#conversation-header").getByRole("button", { name: "Take", exact: true }).click()
    await grace.stands("mine")
    await grace.replies("I am looking at it")
    await grace.page.locator("#sla-clocks").waitFor({ state: "detached" })
    assert.deepEqual(await faultsOf(grace.page), [])
    await grace.page.goto(`${demo.inbox}/inbox?view=mine`)
    await grace.row(NAME).waitFor()
    assert.equal(await grace.row(NAME).locator(".row__mark--late, .row__mark--soon").count(), 0)
  })

  story(() => browser, "look sound wide and narrow, light and dark", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/sla`)
    const policy = await page.locator(".things__name").first().getAttribute("href")
    await looksSound(page, demo.inbox, { sla: "/settings/sla", "sla-policy": policy, "sla-queue": new URL(queue).pathname }, { schemes: SCHEMES })
    await page.setViewportSize(WIDE)
  })

  story(() => browser, "are made without scripts", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, storageState: await iris.page.context().storageState() })
    const page = await context.newPage()
    await page.goto(`${demo.inbox}/settings/sla`)
    await page.locator("input[name=name]").fill("Plain")
    await page.locator("input[name=resolution_high]").fill("90")
    await page.getByRole("button", { name: "Add", exact: true }).click()
    await page.locator("h1", { hasText: "Plain" }).waitFor()
    await page.getByRole("button", { name: "Remove" }).click()
    await page.locator("h1", { hasText: "SLA policies" }).waitFor()
    assert.equal(await page.getByRole("link", { name: "Plain" }).count(), 0)
    await context.close()
  })

  function floorRow() {
    const named = grace.page.locator(".floor__name > bdi", { hasText: QUEUE })
    return grace.page.locator("#floor-queues .floor__row").filter({ has: named })
  }
})
