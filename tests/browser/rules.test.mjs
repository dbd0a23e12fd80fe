// Rules: an administrator makes one by keyboard alone, sees what it would have done, puts it first, and a customer goes where it says; on a
// phone, in the dark and without scripts too.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { faultsOf } from "./support/axe.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

describe("rules", () => {
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

  story(() => browser, "make a rule of two conditions and a group, by keyboard alone, and try it before it is kept", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings`)
    await page.locator('.settings__place[href="/settings/rules"]').focus()
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: "Rules" }).waitFor()
    await page.getByRole("link", { name: "Add a rule" }).focus()
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: "New rule" }).waitFor()
    await page.locator("input[name=name]").focus()
    await page.keyboard.type("Lawyers")
    await page.getByLabel("Value of row 2").focus()
    await page.keyboard.type("lawyer")

    // Another comparison comes in the same group, and what it is about decides how it is compared.
    await pressed(page, "Add a condition to row 1")
    await page.getByLabel("What row 3 is about").waitFor()
    await focused(page, "What row 3 is about")
    await page.keyboard.type("time of day")
    await page.locator("#rule-row-3 input[type=time]").first().waitFor()
    assert.equal(await page.getByLabel("Value of row 2").inputValue(), "lawyer")
    await page.getByLabel("How row 3 is compared").focus()
    await page.keyboard.type("is after")
    await page.waitForFunction(() => document.querySelectorAll("#rule-row-3 input[type=time]").length === 1)
    await pressed(page, "Add a group to row 1")
    await page.getByLabel("How what is in row 4 goes together").waitFor()
    await focused(page, "How what is in row 4 goes together")
    await page.getByRole("button", { name: /^Remove row 3/ }).focus()
    await page.keyboard.press("Enter")
    await page.waitForFunction(() => document.querySelectorAll(".rule__row").length === 4)
    await page.getByRole("button", { name: /^Remove row 3/ }).focus()
    await page.keyboard.press("Enter")
    await page.waitForFunction(() => document.querySelectorAll(".rule__row").length === 2)
    await page.locator("select[name=queue]").focus()
    await page.keyboard.type("Billing")

    await page.getByRole("button", { name: "What would this rule have done?" }).focus()
    await page.keyboard.press("Enter")
    await page.locator("#rule-tried", { hasText: "looked at" }).waitFor()
    assert.equal(await page.getByLabel("Value of row 2").inputValue(), "lawyer", "what was typed stays")
    await page.getByLabel("Value of row 2").focus()
    await page.keyboard.press("Enter")
    await page.locator(".done button").waitFor()
    await page.locator("h1", { hasText: "Lawyers" }).waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "put it first, see what is odd, and take it back", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/rules`)
    const order = () => page.locator(".things__name").allTextContents()
    assert.deepEqual(await order(), ["Wholesale first", "Lawyers"])
    await page.getByText("what they wrote contains “lawyer”").waitFor()
    await page.getByRole("button", { name: "Move Lawyers up" }).focus()
    await page.keyboard.press("Enter")
    await page.locator(".done button").waitFor()
    assert.deepEqual(await order(), ["Lawyers", "Wholesale first"])
    await page.getByRole("link", { name: "Wholesale first" }).click()
    await page.getByRole("button", { name: /^Remove row 3/ }).click()
    await page.waitForFunction(() => document.querySelectorAll(".rule__row").length === 2)
    await page.getByLabel("Value of row 2").fill("my lawyer")
    await page.getByRole("button", { name: "Save" }).click()
    await page.locator(".done button").waitFor()
    await page.goto(`${demo.inbox}/settings/rules`)
    await page.getByText("Never reached: whatever meets it meets “Lawyers” first.").waitFor()
    await page.goto(`${demo.inbox}/settings/changes`)
    await page.getByText("what they wrote contains “my lawyer”").first().waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "are told at the row what is wrong, and nothing typed is lost", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/rules/new`)
    await page.locator("input[name=name]").fill("Odd")
    await page.getByLabel("Value of row 2").fill("?!")
    await page.locator("select[name=queue]").selectOption({ label: "Orders" })
    await page.getByRole("button", { name: "Save" }).click()
    await page.locator("#rule-fault-2", { hasText: "nothing is left to compare" }).waitFor()
    assert.equal(await page.getByLabel("Value of row 2").inputValue(), "?!")
    assert.equal(await page.locator("input[name=name]").inputValue(), "Odd")
    assert.deepEqual(page.faults.splice(0).filter((fault) => !/422/.test(fault)), [])
  })

  for (const colorScheme of ["light", "dark"]) {
    story(() => browser, `fit a phone, in ${colorScheme} colours`, async () => {
      const { page } = iris
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width: 360, height: 740 })
      await page.goto(`${demo.inbox}/settings/rules/new`)
      await pressed(page, "Add a group to row 1")
      await page.getByLabel("How what is in row 3 goes together").waitFor()
      await pressed(page, "Add a group to row 3")
      await page.getByLabel("How what is in row 5 goes together").waitFor()
      assert.deepEqual(await faultsOf(page), [])
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.emulateMedia({ colorScheme: "light" })
    })
  }

  story(() => browser, "are made without scripts", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, storageState: await iris.page.context().storageState() })
    const page = await context.newPage()
    await page.goto(`${demo.inbox}/settings/rules/new`)
    await page.locator("input[name=name]").fill("Plain")
    await page.getByLabel("What row 2 is about").selectOption({ label: "day of the week" })
    await page.getByRole("button", { name: "Show what fits" }).click()
    await page.getByLabel("Value of row 2").selectOption("sat")
    await page.getByRole("button", { name: "Add a condition to row 1" }).click()
    await page.getByLabel("Value of row 3").fill("plain")
    await page.locator("select[name=queue]").selectOption({ label: "Orders" })
    await page.getByRole("button", { name: "What would this rule have done?" }).click()
    await page.locator("#rule-tried", { hasText: "looked at" }).waitFor()
    await page.getByRole("button", { name: "Save" }).last().click()
    await page.locator("h1", { hasText: "Plain" }).waitFor()
    assert.equal(await page.getByLabel("Value of row 3").inputValue(), "plain")
    await context.close()
  })

  story(() => browser, "gain a row for each press, and say so where the server cannot be reached", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/rules/new`)
    const rows = () => page.locator(".rule__row").count()
    const more = page.getByRole("button", { name: "Add a condition to row 1" })
    await more.evaluate((button) => [button.click(), button.click()])
    await page.waitForFunction(() => document.querySelectorAll(".rule__row").length === 4)
    await page.route("**/settings/rules/new", (route) => route.abort())
    await more.click()
    await page.getByText("That did not work.").waitFor()
    assert.equal(await rows(), 4)
    await page.unroute("**/settings/rules/new")
    await more.click()
    await page.waitForFunction(() => document.querySelectorAll(".rule__row").length === 5)
    await page.getByText("That did not work.").waitFor({ state: "hidden" })
    assert.equal(await page.locator("#rule-row-2 .hidden-text").textContent(), "In the group of row 1")
    page.faults.splice(0)
  })

  async function pressed(page, name) {
    await page.getByRole("button", { name }).focus()
    await page.keyboard.press("Enter")
  }

  function focused(page, label) {
    return page.waitForFunction((label) => document.activeElement?.getAttribute("aria-label") === label, label)
  }
})
