// Without scripts: the same work with forms and links alone.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { Phone } from "./support/phone.mjs"
import { landscape } from "./support/pictures.mjs"
import { story } from "./support/story.mjs"

const PLAIN = { javaScriptEnabled: false }

describe("without scripts", () => {
  let demo, browser, ana, page, rosa

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    rosa = await Phone.open(browser, demo, "447700900401", "Rosa Lind")
    await rosa.writes("agent")
    await rosa.hears("I am passing you on")
    // No page is live, so nobody counts as present: what comes waits until somebody takes it.
    ana = await Agent.signIn(browser, demo, "ana@example.com", { ...PLAIN, view: "unassigned" })
    page = ana.page
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "a person reads, takes, answers, notes, hands on, resolves and reopens", async () => {
    await ana.row("Rosa Lind").locator(".row__link").click()
    await ana.stands("queue")
    await page.locator("#brief", { hasText: "The customer asked for a person." }).waitFor()
    await ana.bubble("agent").waitFor()

    await page.locator(".standing__line--queue button").click()
    await ana.stands("mine")
    await answers("Hello Rosa, what can I do for you?")
    await ana.bubble("Hello Rosa, what can I do for you?").waitFor()
    await rosa.hears("Hello Rosa, what can I do for you?")

    await page.locator("#reply-form input[name=picture]").setInputFiles({ name: "hills.png", mimeType: "image/png", buffer: landscape(120) })
    await answers("Like this one?")
    await ana.thread.locator('.message--outbound[data-kind="image"]').waitFor()
    await rosa.seesPicture()

    await page.locator("#note-text").fill("She calls from abroad")
    await page.locator("#note-form button:visible").click()
    await ana.note("She calls from abroad").waitFor()

    await page.locator('.header [data-key="e"]:visible').click()
    await ana.stands("resolved")
    await page.locator(".standing__line--resolved button").click()
    await ana.stands("mine")

    await ana.transfers("Billing", "It is about an invoice after all")
    await ana.stands("queue")
    assert.match(await ana.line("conversation_transferred").innerText(), /It is about an invoice after all/)
    await page.goto(`${demo.inbox}/inbox?view=unassigned`)
    await ana.row("Rosa Lind").waitFor()
  })

  story(() => browser, "the same form sent twice makes one message", async () => {
    await ana.row("Rosa Lind").locator(".row__link").click()
    await ana.stands("queue")
    await page.locator(".standing__line--queue button").click()
    await ana.stands("mine")
    const form = await filledIn("Only once, please")
    assert.deepEqual([await sent(form), await sent(form)], [303, 303])
    await page.reload()
    await ana.bubble("Only once, please").waitFor()
    assert.equal(await ana.thread.locator(".message").filter({ hasText: "Only once, please" }).count(), 1)
    await answers("And this comes after it")
    await rosa.hears("And this comes after it")
    assert.equal(await rosa.heard("Only once, please"), 1)
    const calls = await demo.control.sentTo(rosa.waId)
    assert.equal(calls.filter((call) => call.request.text?.body === "Only once, please").length, 1, "WhatsApp was called once")
  })

  story(() => browser, "an answer that crosses the customer's is held back until it is sent anyway", async () => {
    const before = await page.locator("#reply-form input[name=seen]").inputValue()
    await page.locator("#reply-text").fill("We open at nine")
    await rosa.writes("Wait, one more question")
    await lands(before)
    await page.locator("#reply-form .composer__send:visible").click()
    await page.locator(".changes", { hasText: "Wait, one more question" }).waitFor()
    assert.equal(await page.locator("textarea[name=text]").inputValue(), "We open at nine")
    await page.locator("form.guard button").click()
    await ana.bubble("We open at nine").waitFor()
    await rosa.hears("We open at nine")
  })

  story(() => browser, "a closed window is said in words, and what was written is kept", async () => {
    await page.goto(`${demo.inbox}/inbox?view=resolved`)
    const old = await rowOfLastWeek()
    await page.goto(`${demo.inbox}/conversations/${old}?view=resolved`)
    await page.locator(".standing__line--resolved button").click()
    await ana.stands("mine")
    await page.getByText("You can answer as soon as the customer writes again.").waitFor()
    await page.locator("#reply-text").evaluate((field) => { field.value = "Are you still there?" })
    await page.locator("#reply-form").evaluate((form) => form.submit())
    await page.locator("#composer-refusal", { hasText: "24" }).waitFor()
    assert.equal(await page.locator("#reply-text").inputValue(), "Are you still there?")
    assert.equal(await ana.thread.locator(".message").filter({ hasText: "Are you still there?" }).count(), 0)
  })

  async function answers(text) {
    await page.locator("#reply-text").fill(text)
    await page.locator("#reply-form .composer__send:visible").click()
  }

  async function filledIn(text) {
    const form = page.locator("#reply-form")
    const value = (name) => form.locator(`[name=${name}]`).inputValue()
    const fields = { csrf: await value("csrf"), message_id: await value("message_id"), seen: await value("seen"), text }
    return { address: await form.getAttribute("action"), fields }
  }

  async function sent({ address, fields }) {
    const headers = { Origin: demo.inbox, Referer: page.url() }
    const response = await page.context().request.post(demo.inbox + address, { form: fields, headers, maxRedirects: 0 })
    return response.status()
  }

  /** Until the customer's message is in the house; the page itself stays as it is. */
  async function lands(before) {
    const address = page.url()
    for (let look = 0; look < 100; look += 1) {
      const html = await (await page.context().request.get(address)).text()
      if (/name="seen" value="(\d+)"/.exec(html)?.[1] !== before && html.includes("Wait, one more question")) return
    }
    assert.fail("the message never came")
  }

  function rowOfLastWeek() {
    const before = (Date.now() - 7 * 86_400_000) * 1000
    return page.locator(".row").evaluateAll((rows, limit) => rows.find((row) => Number(row.dataset.at) < limit).dataset.conversation, before)
  }
})
