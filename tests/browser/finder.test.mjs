// A workspace with more than fits on a screen: things are found by words, ticked boxes stay ticked, and what is new is one step away.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { bringsLarge } from "./support/large.mjs"
import { story } from "./support/story.mjs"

describe("large workspaces", () => {
  let demo, browser, iris

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    iris = await Agent.signIn(browser, demo, "iris@example.com")
    await bringsLarge(iris.page, demo.inbox)
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  const finder = (page) => page.getByRole("searchbox", { name: "Find in this list" })
  const shown = (page) => page.locator(".finder [role=status]")
  const names = (page) => page.locator(".things__name:visible")

  story(() => browser, "things are found by parts of words in any order, and are in the order that people count in", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/teams`)
    const all = await names(page).allTextContents()
    const numbers = all.map((name) => Number(/^Team (\d+)/.exec(name)?.[1])).filter((number) => !Number.isNaN(number))
    assert.deepEqual(numbers, numbers.toSorted((one, other) => one - other))
    await finder(page).fill("OYGARD team")
    await shown(page).filter({ hasText: `3 of ${all.length}` }).waitFor()
    assert.deepEqual(await names(page).allTextContents(), ["Team 5 Åse Øygarden", "Team 13 Åse Øygarden", "Team 21 Åse Øygarden"])
    await finder(page).fill("nobody at all")
    await page.getByText("Nothing here holds all of these words.").waitFor()
    assert.equal(await names(page).count(), 0)
    await page.keyboard.press("Escape")
    await shown(page).filter({ hasText: `${all.length} in all` }).waitFor()
    assert.equal(await names(page).count(), all.length)
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "what a colleague changes appears, and what was looked for stays", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/teams`)
    await finder(page).fill("team 1")
    const other = await Agent.signIn(browser, demo, "iris@example.com")
    await other.page.goto(`${demo.inbox}/settings/teams`)
    await other.page.getByRole("link", { name: "Add a team" }).click()
    await other.page.keyboard.type("Team 100")
    await other.page.keyboard.press("Enter")
    await other.page.locator("h1", { hasText: "Team 100" }).waitFor()
    await names(page).filter({ hasText: "Team 100" }).waitFor()
    assert.equal(await finder(page).inputValue(), "team 1")
    assert.ok((await names(page).allTextContents()).every((name) => name.includes("1")))
    await page.waitForFunction(() => document.activeElement?.id === "find-in-all-teams")
    assert.deepEqual([...page.faults, ...other.page.faults], [])
    await other.page.context().close()
  })

  story(() => browser, "boxes that are hidden stay ticked and are sent", async () => {
    const { page } = iris
    await page.getByRole("link", { name: "Team 100" }).click()
    await page.locator("h1", { hasText: "Team 100" }).waitFor()
    await shown(page).filter({ hasText: "0 ticked" }).waitFor()
    await finder(page).fill("Person 12")
    await page.getByLabel("Person 12").check()
    await finder(page).fill("Person 30")
    await page.getByLabel("Person 30").check()
    await finder(page).press("Enter")
    await shown(page).filter({ hasText: /^1 of \d+ · 2 ticked$/ }).waitFor()
    await page.getByRole("button", { name: "Save" }).click()
    await page.locator(".done button").waitFor()
    assert.equal(await page.locator("input[name=person]:checked").count(), 2)
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "who leaves hands over to one of many, who is looked for", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/people?q=person39`)
    await page.getByRole("link", { name: "Person 39" }).click()
    await page.getByRole("link", { name: "Deactivate…" }).click()
    await page.getByLabel("To one person").check()
    await finder(page).fill("Person 2")
    await page.getByLabel("Person 22").check()
    await finder(page).fill("Person 3")
    assert.ok(await page.getByLabel("Person 22").isVisible(), "who is chosen stays in sight")
    await page.getByRole("button", { name: "Deactivate", exact: true }).click()
    await page.getByText("What they held went to:").waitFor()
    await page.getByText("Person 22").first().waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "a queue goes to a place of many at once, and back", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/queues`)
    const before = await names(page).allTextContents()
    const last = before.at(-1)
    await page.getByRole("spinbutton", { name: last }).fill("2")
    await page.keyboard.press("Enter")
    await page.waitForFunction((name) => document.querySelectorAll(".things__name")[1]?.textContent === name, last)
    await page.locator(".done button").click()
    await page.waitForFunction((name) => [...document.querySelectorAll(".things__name")].at(-1)?.textContent === name, last)
    assert.deepEqual(await names(page).allTextContents(), before)
    await page.goto(`${demo.inbox}/settings/changes`)
    const moved = page.locator(".act").filter({ hasText: `Place: ${before.length} 2` })
    assert.equal(await moved.locator(".act__line").count(), 1, "what made room is only counted")
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "on a phone the place where one is stands in sight, and without scripts no finder does", async () => {
    const phone = await Agent.signIn(browser, demo, "iris@example.com", { viewport: { width: 360, height: 740 } })
    for (const place of ["teams", "tags", "roles", "file"]) {
      await phone.page.goto(`${demo.inbox}/settings/${place}`)
      await phone.page.waitForFunction(() => {
        const { left, right } = document.querySelector(".settings__place[aria-current]").getBoundingClientRect()
        return left >= 0 && right <= innerWidth
      })
    }
    const plain = await Agent.signIn(browser, demo, "iris@example.com", { javaScriptEnabled: false })
    await plain.page.goto(`${demo.inbox}/settings/teams`)
    assert.equal(await plain.page.locator(".finder:visible").count(), 0)
    await plain.page.getByRole("link", { name: "Add a team" }).click()
    assert.ok(await plain.page.getByLabel("New team").evaluate((field) => field === document.activeElement))
  })
})
