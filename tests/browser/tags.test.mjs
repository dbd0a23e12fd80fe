// Tags and fields: an administrator makes them, puts them in order, merges and archives them and takes that back, by keyboard alone; and the
// editor of flows knows them.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

const LONG = "Kundenbeschwerdeweiterleitungsstellenliste"
const ARABIC = "عميل مهم جدا"

describe("tags and fields", () => {
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

  story(() => browser, "make a tag, merge it into another, and take that back, by keyboard alone", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings`)
    await page.locator('.settings__place[href="/settings/tags"]').focus()
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: "Tags" }).waitFor()
    for (const [name, colour] of [[LONG.slice(0, 40), "Teal"], [ARABIC, "Orange"]]) {
      await page.getByLabel("New tag").focus()
      await page.keyboard.type(name)
      await page.keyboard.press("Tab")
      await page.keyboard.type(colour)
      await page.keyboard.press("Tab")
      await page.keyboard.press("Enter")
      await one(page, name).getByText(colour).waitFor()
      await one(page, name).getByText("0 conversations").waitFor()
    }
    await one(page, ARABIC).locator("a").focus()
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: ARABIC }).waitFor()
    await page.getByText("0 conversations count as having the other tag").waitFor()
    await page.getByLabel("Counts from now on as").focus()
    await page.keyboard.type("VIP")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.getByText("merged into VIP").waitFor()
    await page.locator(".done button").focus()
    await page.keyboard.press("Enter")
    await page.getByText("merged into VIP").waitFor({ state: "detached" })
    await page.getByRole("button", { name: "Merge" }).waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "archive a tag, so that flows are not offered it, and bring it back", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/tags`)
    await one(page, "Praise").locator("a").click()
    await page.getByRole("button", { name: "Archive it" }).focus()
    await page.keyboard.press("Enter")
    await page.getByText("0 conversations · archived").waitFor()
    assert.ok(!(await offered("tags")).includes("Praise"))
    await page.goto(`${demo.inbox}/settings/tags`)
    await one(page, "Praise").getByText("archived").waitFor()
    await one(page, "Praise").locator("a").click()
    await page.getByRole("button", { name: "Bring it back" }).click()
    await page.getByRole("button", { name: "Archive it" }).waitFor()
    assert.ok((await offered("tags")).includes("Praise"))
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "make a field of each kind, and put them in order, by keyboard alone", async () => {
    const { page } = iris
    const kinds = { Text: "Nickname", Number: "Children", Date: "Birthday", Choice: "Shoe size", Link: "Shop", "Yes or no": "Newsletter" }
    for (const [kind, label] of Object.entries(kinds)) {
      await page.goto(`${demo.inbox}/settings/fields`)
      const choices = page.getByLabel("Choices")
      assert.equal(await choices.isVisible(), false)
      await page.getByLabel("What stands in it").focus()
      await page.keyboard.type(kind)
      assert.equal(await choices.isVisible(), kind === "Choice")
      if (kind === "Choice") {
        await choices.focus()
        await page.keyboard.type("Small\nMiddle\nLarge")
      }
      await page.getByLabel("Label").focus()
      await page.keyboard.type(label)
      await page.keyboard.press("Enter")
      await page.locator("h1", { hasText: label }).waitFor()
      await page.getByText(`Customer · ${kind}`).waitFor()
      assert.equal(await page.getByLabel("Choices").isVisible(), kind === "Choice")
      if (kind === "Choice") assert.equal(await page.getByLabel("Choices").inputValue(), "Small\nMiddle\nLarge")
    }
    await page.goto(`${demo.inbox}/settings/fields`)
    await page.getByRole("button", { name: "Move Newsletter up" }).focus()
    await page.keyboard.press("Enter")
    await page.locator(".done button").waitFor()
    const order = () => page.locator(".things__name").allTextContents()
    assert.deepEqual((await order()).slice(-2), ["Newsletter", "Shop"])
    await page.locator(".done button").focus()
    await page.keyboard.press("Enter")
    await page.waitForFunction(() => [...document.querySelectorAll(".things__name")].at(-1).textContent === "Newsletter")
    assert.ok((await offered("fields")).includes("shoe_size"))
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "see while writing a flow which tags and fields there are not", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/flows`)
    await page.locator(".things__name").first().click()
    await page.locator('a[href$="/edit"]').first().click()
    await page.locator("#problems", { hasText: "Nothing is wrong with it." }).waitFor()
    await caretIn(page, '"nodes": {')
    await page.keyboard.insertText(' "mark": { "kind": "add_tag", "tag": "Nobody", "next": "note_order" },')
    await page.locator(".problem", { hasText: "there is no tag “Nobody”" }).waitFor()
    await caretIn(page, '"tag": "Nobody')
    for (const _ of "Nobody") await page.keyboard.press("Backspace")
    await page.keyboard.type("VI")
    await page.locator("#offers [role=option][aria-selected=true]", { hasText: "VIP" }).waitFor()
    await page.keyboard.press("Enter")
    await page.locator(".problem", { hasText: "there is no tag" }).waitFor({ state: "detached" })
    await caretIn(page, '"field": "last_order')
    await page.keyboard.type("s")
    await page.locator(".problem", { hasText: "there is no field “last_orders”" }).waitFor()
    await page.keyboard.press("Backspace")
    await page.locator(".problem", { hasText: "there is no field" }).waitFor({ state: "detached" })
    assert.deepEqual(page.faults, [])
  })

  /** The line of a list that has this name. */
  function one(page, name) {
    return page.locator(".things__one").filter({ has: page.locator(".things__name", { hasText: name }) })
  }

  /** What the editor of flows is told that there is. */
  async function offered(what) {
    const html = await iris.page.evaluate(async () => {
      const list = await (await fetch("/settings/flows")).text()
      return (await fetch(`/settings/flows/${/\/settings\/flows\/([0-9a-f-]{36})/.exec(list)[1]}/edit`)).text()
    })
    const known = /<script type="application\/json" data-flow-editor-target="known">(.*?)<\/script>/s.exec(html)[1]
    return JSON.parse(known)[what].map(({ key }) => key)
  }

  /** Puts the caret behind the first place where a text stands. */
  function caretIn(page, text) {
    return page.locator("#text").evaluate((field, text) => {
      field.focus()
      const at = field.value.indexOf(text) + text.length
      field.setSelectionRange(at, at)
    }, text)
  }
})
