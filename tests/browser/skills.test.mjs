// Skills: an administrator makes one, gives it to a person and lets a rule require it; a customer goes to whoever has it although somebody
// else is less busy, and to anybody once nobody who has it was free for long enough.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { faultsOf } from "./support/axe.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

describe("skills", () => {
  let demo, browser, iris, ana, ben

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

  story(() => browser, "are made, refused with a sentence, and found in the changes", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/skills`)
    await page.locator(".things__name", { hasText: "Catalan" }).waitFor()
    await add(page, "Klingon", "tlh")
    await page.locator(".things__name", { hasText: "Klingon" }).waitFor()
    await add(page, "klingon", "tlh-QO")
    await page.locator("#problem", { hasText: "There is a skill called klingon already." }).waitFor()
    assert.equal(await page.locator("input[name=language]").inputValue(), "tlh-QO", "what was typed stays")
    assert.deepEqual(page.faults.splice(0).filter((fault) => !/409|422/.test(fault)), [])
    await page.goto(`${demo.inbox}/settings/changes`)
    await page.getByText("Added the skill Klingon").waitFor()
  })

  story(() => browser, "are given to a person and required by a rule, and who has one gets the customer", async () => {
    const { page } = iris
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    ben = await Agent.signIn(browser, demo, "ben@example.com")
    await levelOf("Ben Okafor", "3")
    await page.goto(`${demo.inbox}/settings/rules/new`)
    await page.locator("input[name=name]").fill("Empire")
    await page.getByLabel("Value of row 2").fill("agent")
    await page.locator("select[name=queue]").selectOption({ label: "Orders" })
    await page.getByLabel("Skill 1", { exact: true }).selectOption({ label: "Klingon" })
    await page.getByLabel("Skill 1: lowest level").selectOption({ label: "Level 3" })
    await page.getByRole("button", { name: "Save" }).last().click()
    await page.locator(".done button").waitFor()
    await page.goto(`${demo.inbox}/settings/rules`)
    await page.getByText("Required: Klingon 3").waitFor()

    await comes("447700900801", "Worf")
    await ben.shows("mine")
    await ben.opens("Worf")
    await ben.thread.getByText("the only one free who speaks Klingon (level 3 or higher)").first().waitFor({ state: "attached" })
    await ben.page.locator("#wants", { hasText: "Klingon (level 3 or higher)" }).waitFor()
    await ben.page.locator(".reason__people li", { hasText: "Ana Duarte" }).filter({ hasText: "lacks Klingon" }).first().waitFor({ state: "attached" })
    assert.deepEqual(ben.page.faults, [])
  })

  story(() => browser, "cannot go while a rule asks for them, which is said where one would remove them", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/skills`)
    await page.getByRole("link", { name: "Klingon" }).click()
    await page.getByText("It cannot be removed while rules ask for it:").waitFor()
    await page.locator(".words a", { hasText: "Empire" }).waitFor()
    await page.locator(".things__name", { hasText: "Ben Okafor" }).waitFor()
  })

  story(() => browser, "are wanted less once nobody was free for so long, and anybody takes it", async () => {
    const { page } = iris
    await levelOf("Ben Okafor", "2")
    await comes("447700900802", "Kurn")
    await page.goto(`${demo.inbox}/inbox?view=all`)
    await iris.isLive()
    await iris.opens("Kurn")
    await page.locator("#wants", { hasText: "Klingon (level 3 or higher)" }).waitFor()
    assert.equal(await iris.conversation.getAttribute("data-stance"), "queue", "nobody has it at that level")
    const second = await iris.page.context().newPage()
    await second.goto(`${demo.inbox}/settings/queues`)
    await second.getByRole("link", { name: "Orders" }).click()
    await second.getByLabel("Step 1: seconds").fill("1")
    await second.getByLabel("Step 1: what happens").selectOption({ label: "nothing is required any more" })
    await second.getByRole("button", { name: "Save" }).last().click()
    await second.locator(".done button").waitFor()
    assert.equal(await second.getByLabel("Step 1: seconds").inputValue(), "1")
    await second.close()
    await iris.thread.getByText("anybody may take it now").waitFor({ state: "attached" })
    await iris.stands("other")
    await page.locator("#wants", { hasText: "At first" }).waitFor()
    assert.deepEqual(page.faults, [])
  })

  for (const colorScheme of ["light", "dark"]) {
    story(() => browser, `fit a phone, in ${colorScheme} colours`, async () => {
      const { page } = iris
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width: 360, height: 740 })
      for (const address of ["/settings/skills", "/settings/rules/new"]) {
        await page.goto(demo.inbox + address)
        assert.deepEqual(await faultsOf(page), [])
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${address} is too wide`)
      }
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.emulateMedia({ colorScheme: "light" })
    })
  }

  async function levelOf(name, level) {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/people`)
    await page.getByRole("link", { name }).click()
    await page.getByLabel("Klingon").selectOption(level)
    await page.getByRole("button", { name: "Save" }).click()
    await page.locator(".done button").waitFor()
    assert.equal(await page.getByLabel("Klingon").inputValue(), level)
  }

  async function comes(waId, name) {
    await demo.control.person(waId, name, {})
    await demo.control.writes(waId, "agent")
  }
})

async function add(page, name, language) {
  await page.locator("input[name=name]").fill(name)
  await page.locator("input[name=language]").fill(language)
  await page.getByRole("button", { name: "Add", exact: true }).click()
}
