// Flows: begun from a ready one, written with help, tried on the phone, published after what changes was read, and rolled back.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

describe("flows", () => {
  let demo, browser, iris, other, flow

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

  story(() => browser, "begin from a ready one, and are written with every problem at its place", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/flows`)
    await page.getByRole("link", { name: "New flow" }).click()
    await page.getByRole("link", { name: "Order number" }).click()
    await page.getByLabel("Name").fill("Where is my order")
    await page.getByLabel("It speaks").selectOption("en")
    await page.getByLabel("Who looks after orders").selectOption("orders")
    await page.getByRole("button", { name: "Begin" }).click()
    await page.locator("#problems", { hasText: "Nothing is wrong with it." }).waitFor()
    flow = new URL(page.url()).pathname.replace(/\/edit$/, "")
    await page.locator('.drawing__node[data-node="order_number"]').waitFor()
    await page.locator(".code__line .code__key").first().waitFor()

    await replaces(page, '"next": "problem"', '"next": "problems"')
    await page.locator(".problem", { hasText: "there is no node “problems”" }).waitFor()
    await page.locator(".code__line--wrong", { hasText: '"problems"' }).waitFor()
    await page.locator(".drawing__node--unreached").first().waitFor()
    await page.locator(".problem", { hasText: "there is no node “problems”" }).click()
    assert.match(await page.evaluate(() => document.querySelector("#text").value.slice(document.querySelector("#text").selectionStart)), /^"next": "problems"/)
    await replaces(page, '"next": "problems"', '"next": "problem"')
    await page.locator("#problems", { hasText: "Nothing is wrong with it." }).waitFor()
    await page.locator('.drawing__node[data-node="picture"]').click()
    assert.match(await page.evaluate(() => getSelection().toString() || document.querySelector("#text").value.slice(document.querySelector("#text").selectionStart, document.querySelector("#text").selectionEnd)), /"picture"/)
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "offer what can stand at the caret, by keyboard alone", async () => {
    const { page } = iris
    await caretIn(page, '"start": "', '"start": "'.length)
    await page.keyboard.press("Control+ ")
    await page.locator("#offers [role=option]").first().waitFor()
    const nodes = await page.locator("#offers [role=option] b").allTextContents()
    assert.ok(nodes.includes("order_number") && nodes.includes("by_problem"), nodes.join())
    await page.keyboard.press("Escape")
    await page.locator("#offers").waitFor({ state: "hidden" })
    await caretIn(page, '"as": "buttons",', '"as": "buttons",'.length)
    await page.keyboard.type(' "att')
    await page.locator("#offers [role=option][aria-selected=true]", { hasText: "attempts" }).waitFor()
    await page.keyboard.press("Enter")
    await page.keyboard.type("3, ")
    await page.locator("#draft-state", { hasText: "Kept" }).waitFor()
    await page.waitForFunction(() => document.querySelector("#text").value.includes('"attempts": 3,'))
    await page.locator("#problems", { hasText: "Nothing is wrong with it." }).waitFor()
    await caretIn(page, '"default_queue": "', '"default_queue": "'.length)
    await page.keyboard.press("Control+ ")
    await page.locator("#offers [role=option]", { hasText: "billing" }).waitFor()
    await page.keyboard.press("Escape")
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "are tried on a phone with time to skip, and nothing is sent", async () => {
    const { page } = iris
    const phone = page.locator("#phone")
    const says = async (words) => {
      await phone.getByLabel("Write a message").fill(words)
      await phone.getByLabel("Write a message").press("Enter")
    }
    await says("hello")
    await phone.getByText("What is your order number?").waitFor()
    await says("204817")
    await phone.getByRole("button", { name: "It is late" }).click()
    await phone.getByText("Handed over to the queue orders.").waitFor()
    await phone.getByText("answer.order_number").waitFor()
    await phone.getByRole("button", { name: "Step back" }).click()
    await phone.getByRole("button", { name: "To the deadline" }).click()
    await phone.getByText("was not answered in time").waitFor()
    await phone.getByRole("button", { name: "Begin anew" }).click()
    await phone.getByText("Nothing of it is sent or kept.").waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "are published after what changes was read, and rolled back", async () => {
    const { page } = iris
    await page.getByRole("button", { name: "Publish…" }).click()
    await page.getByText("It is the first version.").waitFor()
    await page.getByRole("button", { name: "Publish", exact: true }).click()
    await page.locator(".version", { hasText: "Version 1" }).waitFor()
    await page.getByRole("link", { name: "Write it" }).click()
    await replaces(page, "And what is it about?", "And what went wrong?")
    await page.locator("#draft-state", { hasText: "Other than version 1" }).waitFor()
    await page.getByRole("button", { name: "Publish…" }).click()
    await page.locator(".difference", { hasText: "problem" }).locator("ins", { hasText: "went wrong" }).waitFor()
    await page.getByRole("button", { name: "Publish", exact: true }).click()
    const earlier = page.locator(".version", { hasText: "Version 1" })
    await earlier.getByRole("button", { name: "Publish this one" }).click()
    await earlier.getByText("Published").waitFor()
    await page.getByRole("button", { name: "Undo" }).first().click()
    await page.locator(".version", { hasText: "Version 2" }).getByText("Published").waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "are never overwritten by somebody who has not seen what another wrote", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}${flow}/edit`)
    await other.page.goto(`${demo.inbox}${flow}/edit`)
    await replaces(page, "And what went wrong?", "And what is wrong?")
    await page.locator("#draft-state", { hasText: "Other than version 2" }).waitFor()
    await replaces(other.page, "And what went wrong?", "And what happened?")
    await other.page.locator("#draft-conflict", { hasText: "wrote at this flow meanwhile" }).waitFor()
    assert.match(await other.page.locator("#text").inputValue(), /And what happened\?/)
    other.page.faults.length = 0 // the browser complains of the refusal itself
    await other.page.getByRole("button", { name: "Keep mine" }).click()
    await other.page.locator("#draft-conflict .refusal").waitFor({ state: "detached" })
    await page.reload()
    assert.match(await page.locator("#text").inputValue(), /And what happened\?/)
    assert.deepEqual(page.faults, [])
  })

  /** Types over the first place where these words stand. */
  async function replaces(page, words, others) {
    await page.locator("#text").focus()
    await page.evaluate((words) => {
      const field = document.querySelector("#text")
      const at = field.value.indexOf(words)
      field.setSelectionRange(at, at + words.length)
    }, words)
    await page.keyboard.insertText(others)
    await page.waitForFunction((others) => document.querySelector("#text").value.includes(others), others)
  }

  async function caretIn(page, words, offset) {
    await page.locator("#text").focus()
    await page.evaluate(([words, offset]) => {
      const field = document.querySelector("#text")
      const at = field.value.indexOf(words) + offset
      field.setSelectionRange(at, at)
    }, [words, offset])
  }
})
