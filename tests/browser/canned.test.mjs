// Canned replies: written once, tried with a customer, put into an answer, counted.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

describe("canned replies", () => {
  let demo, browser, iris, ana

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    iris = await Agent.signIn(browser, demo, "iris@example.com")
    ana = await Agent.signIn(browser, demo, "ana@example.com")
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "write one, see it as a customer reads it, and answer with it", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/canned-replies`)
    await page.locator("input[name=shortcut]").fill("thanks")
    await page.locator("textarea[name=body]").fill("Thank you, {{contact.first_name|dear customer}}! {{agent.first_name}}")
    await page.getByRole("button", { name: "Add" }).click()
    await page.locator("h1", { hasText: "/thanks" }).waitFor()
    await page.locator(".told__words--whole", { hasText: /^Thank you, .+! Iris$/ }).waitFor()
    await page.locator("textarea[name=body]").fill("Many thanks, {{contact.first_name|dear customer}}! {{agent.first_name}}")
    await page.locator(".told__words--whole", { hasText: "Many thanks" }).waitFor()
    await page.getByRole("button", { name: "Save" }).last().click()
    await page.locator(".done button").waitFor()
    const address = page.url()

    await ana.opens(await ana.page.locator(".row__name").first().innerText())
    await ana.answer.fill("/tha")
    await ana.page.locator(".composer__option", { hasText: "/thanks" }).waitFor()
    await ana.page.keyboard.press("Enter")
    const text = await ana.answer.inputValue()
    assert.match(text, /^Many thanks, .+! Ana$/)
    const sent = ana.page.waitForResponse((response) => response.url().endsWith("/messages"))
    await ana.page.keyboard.press("Enter")
    assert.equal((await sent).ok(), true)
    await page.goto(address)
    await page.getByText("used once").first().waitFor()
    assert.deepEqual(ana.page.faults.concat(page.faults), [])
  })

  story(() => browser, "keep one's own without being an administrator", async () => {
    const { page } = ana
    await page.goto(`${demo.inbox}/settings/canned-replies`)
    assert.equal(await page.locator(".settings__place").count(), 1)
    await page.locator("input[name=shortcut]").fill("mine")
    await page.locator("textarea[name=body]").fill("My own words")
    await page.getByRole("button", { name: "Add" }).click()
    await page.locator("h1", { hasText: "/mine" }).waitFor()
    await page.locator(".done button").click()
    await page.locator("h1", { hasText: "Canned replies" }).waitFor()
    assert.equal(await page.getByRole("link", { name: "/mine" }).count(), 0)
    assert.deepEqual(page.faults, [])
  })
})
