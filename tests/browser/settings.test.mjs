// Settings: what a colleague changed is there at once, never over what somebody types, and everything goes without a mouse.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
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

  story(() => browser, "invite somebody by a link, who comes, works, and is let go at once", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/people`)
    await page.getByRole("link", { name: "Invite somebody" }).click()
    await page.getByRole("button", { name: "Make a link to copy" }).click()
    const link = await page.locator("#link input").inputValue()
    const newcomer = await openPage(browser)
    await newcomer.goto(link)
    await newcomer.getByLabel("Your name").fill("Noor Haddad")
    await newcomer.getByLabel("E-mail").fill("noor@example.com")
    await newcomer.getByLabel("Password").fill("umbrella lantern river")
    await newcomer.getByRole("button", { name: "Begin" }).click()
    await newcomer.waitForURL(/\/inbox/)
    await page.goto(`${demo.inbox}/settings/people?q=noor`)
    await page.getByRole("link", { name: "Noor Haddad" }).click()
    await page.getByLabel("Conversations at once").fill("3")
    await page.getByRole("button", { name: "Save" }).click()
    await page.locator(".done button").waitFor()
    await page.getByRole("link", { name: "Deactivate…" }).click()
    await page.getByText("0 open conversations").waitFor()
    await page.getByRole("button", { name: "Deactivate" }).click()
    await page.getByRole("button", { name: "Let them in again" }).waitFor()
    await newcomer.waitForURL(/\/sign-in/)
    assert.deepEqual(page.faults, [])
    await newcomer.context().close()
  })

  async function renames(page, name) {
    await page.locator('.form:not(.form--line) input[name="name"]').fill(name)
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: name }).waitFor()
  }
})
