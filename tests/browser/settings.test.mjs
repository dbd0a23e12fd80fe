// Settings: what a colleague changed is there at once, never over what somebody types, and everything goes without a mouse.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

describe("settings", () => {
  let demo, browser, iris, other

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    iris = await Agent.signIn(browser, demo, "iris@example.com")
    other = await Agent.signIn(browser, demo, "iris@example.com")
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "make a team, fill it, and take that back, by keyboard alone", async () => {
    const { page } = iris
    await page.locator('.rail__place[href="/settings"]').focus()
    await page.keyboard.press("Enter")
    await page.locator('.settings__place[href="/settings/teams"]').focus()
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: "Teams" }).waitFor()
    await page.getByLabel("New team").focus()
    await page.keyboard.type("Night shift")
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: "Night shift" }).waitFor()
    await page.locator(".done button").waitFor()
    await page.getByLabel("Ana").first().focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.locator(".act__line", { hasText: "Changed Ana" }).waitFor()
    assert.equal(await page.getByLabel("Ana").first().isChecked(), true)
    await page.locator(".done button").focus()
    await page.keyboard.press("Enter")
    await page.waitForFunction(() => !document.querySelector('input[name="person"]:checked'))
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "show at once what a colleague changed, and leave what is typed", async () => {
    await other.page.goto(iris.page.url())
    await other.isLive()
    await renames(iris.page, "Late shift")
    await other.page.locator("h1", { hasText: "Late shift" }).waitFor()
    const name = other.page.locator('.form:not(.form--line) input[name="name"]')
    await name.fill("My own word")
    assert.equal(await other.page.getByText("What you typed stays here").isVisible(), false)
    await renames(iris.page, "Dawn shift")
    await other.page.getByText("What you typed stays here").waitFor()
    assert.equal(await name.inputValue(), "My own word")
    await name.press("Enter")
    await other.page.locator(".refusal", { hasText: "changed this while you were looking" }).waitFor()
    await other.page.locator(".field__now", { hasText: "Dawn shift" }).waitFor()
    assert.equal(await name.inputValue(), "My own word")
    await name.press("Enter")
    await iris.page.locator("h1", { hasText: "My own word" }).waitFor()
    assert.deepEqual(iris.page.faults, [])
  })

  async function renames(page, name) {
    await page.locator('.form:not(.form--line) input[name="name"]').fill(name)
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: name }).waitFor()
  }
})
