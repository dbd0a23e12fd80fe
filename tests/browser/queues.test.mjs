// Queues: hours are typed in rows, told to the customer while one types, and saved as one act.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

describe("queues", () => {
  let demo, browser, iris

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    iris = await Agent.signIn(browser, demo, "iris@example.com")
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "give a new queue its hours, see what customers are told, and save", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/queues`)
    await page.getByLabel("New queue").fill("Night desk")
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: "Night desk" }).waitFor()
    assert.equal(await page.locator("input[name=key]").inputValue(), "night-desk")
    await page.locator(".told__words", { hasText: "within 15 minutes" }).first().waitFor()
    await page.getByLabel("By the week").check()
    assert.equal(await page.locator(".week__closed:visible").count(), 7)
    await page.locator(".told__words", { hasText: "as soon as we can" }).first().waitFor()

    await page.getByRole("button", { name: "Add hours, Monday" }).click()
    await page.keyboard.type("9")
    await page.keyboard.press("Tab")
    await page.keyboard.type("13")
    await page.getByRole("button", { name: "Add hours, Monday" }).click()
    await page.keyboard.type("25")
    await page.keyboard.press("Tab")
    await page.keyboard.type("18")
    await page.getByText("As soon as the hours make sense").waitFor()
    await page.getByRole("button", { name: "Save" }).last().click()
    await page.getByText("Monday, range 2: “25” is not a time of day").waitFor()
    await page.getByLabel("Monday, from").last().fill("14")
    await page.getByRole("button", { name: "Copy to Friday" }).click()
    assert.equal(await page.getByLabel("Friday, from").count(), 2)
    assert.equal(await page.getByLabel("Friday, from").last().inputValue(), "14")

    await page.getByRole("button", { name: "Add a day" }).click()
    await page.getByLabel("date").last().fill("2030-12-25")
    await page.getByLabel("Another time").fill("2030-12-25T10:00")
    await page.locator(".told__one", { hasText: "25 December, 10:00" }).locator(".told__words", { hasText: "tomorrow from 09:00" }).waitFor()
    await page.getByRole("button", { name: "Save" }).last().click()
    await page.locator(".done button").waitFor()
    assert.equal(await page.getByLabel("Friday, to").last().inputValue(), "18:00")
    await page.locator(".act__part", { hasText: "Mon–Fri 09:00–13:00 + 14:00–18:00, 1 other day" }).waitFor()
    page.faults = page.faults.filter((fault) => !/422/.test(fault))
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "put queues into an order and remove one", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/queues`)
    const last = page.locator(".things__name").last()
    await last.filter({ hasText: "Night desk" }).waitFor()
    await page.getByRole("button", { name: "Move Night desk up" }).click()
    await page.waitForFunction(() => [...document.querySelectorAll(".things__name")].at(-2)?.textContent === "Night desk")
    await page.getByRole("link", { name: "Night desk" }).click()
    await page.getByLabel("Move everything to").selectOption({ index: 1 })
    await page.getByRole("button", { name: "Remove", exact: true }).last().click()
    await page.locator("h1", { hasText: "Queues" }).waitFor()
    assert.equal(await page.getByRole("link", { name: "Night desk" }).count(), 0)
    await page.locator(".done button").click()
    await page.getByRole("link", { name: "Night desk" }).waitFor()
    assert.deepEqual(page.faults, [])
  })
})
