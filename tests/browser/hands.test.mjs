// Where the caret is, what a key may do, and how an act is taken back: nothing typed ends or moves a conversation unnoticed.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { Gate } from "./support/gate.mjs"
import { story } from "./support/story.mjs"

const ROSA = "447700900601"
const TOM = "447700900602"

/** More customers than one agent may hold. */
const CROWD = 12

describe("an agent's hands", () => {
  let demo, browser, ana, grace, keys

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    grace = await Agent.signIn(browser, demo, "grace@example.com", { view: "all" })
    keys = ana.page.keyboard
    await writes(ROSA, "Rosa Lind", "agent")
    await ana.row("Rosa Lind").waitFor()
    await writes(TOM, "Tom Hale", "agent")
    await ana.row("Tom Hale").waitFor()
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "write where they mean to after a click on a row", async () => {
    await ana.opens("Rosa Lind")
    await hasCaret()
    await keys.type("Hello there, we are late")
    assert.equal(await ana.answer.inputValue(), "Hello there, we are late")
    await ana.stands("mine")
    await ana.answer.fill("")
  })

  story(() => browser, "turn away from a conversation whose answer has begun, and nothing complains", async () => {
    await ana.page.evaluate(() => {
      const { fetch } = window
      window.fetch = (address, options) => {
        if (!options.headers?.has?.("Turbo-Frame")) return fetch(address, options)
        window.fetch = fetch
        const { signal } = options
        const text = () => new Promise((_, gone) => signal.addEventListener("abort", () => gone(signal.reason) ?? (window.gaveUp = true)))
        return Promise.resolve(Object.assign(new Response("", { headers: { "Content-Type": "text/html" } }), { clone: () => ({ text }) }))
      }
    })
    await ana.row("Tom Hale").locator(".row__link").click()
    await ana.opens("Rosa Lind")
    assert.equal(await ana.page.evaluate(() => window.gaveUp), true)
    assert.deepEqual(ana.page.faults, [])
  })

  story(() => browser, "write where they mean to however the conversation was opened", async () => {
    await keys.press("Escape")
    await walksTo("Tom Hale")
    await keys.press("Enter")
    await isOpen("Tom Hale")
    await hasCaret()
    await ana.page.goBack()
    await isOpen("Rosa Lind")
    await hasCaret()
    await ana.page.goForward()
    await isOpen("Tom Hale")
    await hasCaret()
    await ana.page.reload()
    await isOpen("Tom Hale")
    await hasCaret()
    assert.deepEqual(ana.page.faults, [])
  })

  story(() => browser, "are not asked for a keyboard on a phone", async () => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, storageState: await ana.page.context().storageState(),
    })
    const page = await context.newPage()
    await page.goto(`${demo.inbox}/inbox`)
    const onPhone = new Agent(page, demo)
    await onPhone.opens("Rosa Lind")
    await onPhone.reads()
    assert.equal(await page.locator(":focus:is(textarea, input)").count(), 0)
    await context.close()
  })

  story(() => browser, "end nothing, and write nothing elsewhere, while the conversation they chose is still on its way", async () => {
    await ana.opens("Rosa Lind")
    await hasCaret()
    await keys.press("Escape")
    const gate = await Gate.before(ana.page, /\/conversations\/[^/]+(\?|$)/)
    await ana.row("Tom Hale").locator(".row__link").click()
    await gate.reached()
    await keys.type("eEaAreally now/?")
    assert.equal(await ana.page.locator(":focus:is(textarea, input)").count(), 0)
    await keys.press("Escape")
    await gate.opens()
    await isOpen("Tom Hale")
    await hasCaret()
    await ana.opens("Rosa Lind")
    await ana.stands("mine")
    assert.deepEqual([await ana.answer.inputValue(), await ana.page.locator("#note-text").inputValue()], ["", ""])
    assert.equal(await ana.page.locator(".toast").count(), 0)
  })

  story(() => browser, "end what is in sight as soon as it is, whatever the browser still has to do for its history", async () => {
    await ana.page.evaluate(drawsNothingOnce, "loaded")
    await ana.row("Tom Hale").locator(".row__link").click()
    await ana.page.waitForFunction(() => window.heldFrames.length > 0)
    await ana.page.locator("#conversation:not([busy])").waitFor({ state: "attached" })
    await keys.press("Escape")
    const asked = ana.page.waitForRequest((request) => request.url().endsWith("/resolution"))
    await keys.press("e")
    await asked
    await ana.page.evaluate(() => window.drawAgain())
    await isOpen("Tom Hale")
    await offers(ana, "Tom Hale")
    await ana.page.locator("html:not([aria-busy])").waitFor()
    const answer = ana.page.waitForResponse((response) => response.url().endsWith("/undo"))
    await keys.press("u")
    await ana.stands("mine")
    await (await answer).finished()
    await ana.page.reload()
    await ana.opens("Rosa Lind")
    await hasCaret()
  })

  story(() => browser, "end nothing that is in sight while what they chose has come, but is not drawn", async () => {
    await ana.page.evaluate(drawsNothingOnce, "answered")
    await ana.row("Tom Hale").locator(".row__link").click()
    await ana.page.waitForFunction(() => window.heldFrames.length > 0)
    await ana.page.evaluate(() => document.activeElement.blur())
    await keys.press("e")
    await keys.press("r")
    assert.equal(await ana.page.locator(":focus:is(textarea, input)").count(), 0)
    await ana.page.evaluate(() => window.drawAgain())
    await isOpen("Tom Hale")
    await ana.opens("Rosa Lind")
    await ana.stands("mine")
    await hasCaret()
  })

  story(() => browser, "go back from what is still on its way, and it does not come after them", async () => {
    await ana.page.reload()
    await isOpen("Rosa Lind")
    await hasCaret()
    await ana.opens("Tom Hale")
    await isOpen("Tom Hale")
    const gate = await Gate.before(ana.page, /\/conversations\/[^/]+(\?|$)/)
    await ana.row("Rosa Lind").locator(".row__link").click()
    await gate.reached()
    const rosa = await ana.row("Rosa Lind").getAttribute("data-conversation")
    await ana.page.evaluate(() => history.back())
    await ana.page.waitForFunction((id) => location.pathname.includes(id), rosa)
    await gate.opens()
    await isOpen("Rosa Lind")
    await ana.page.goForward()
    await isOpen("Tom Hale")
    await ana.opens("Rosa Lind")
    await hasCaret()
  })

  story(() => browser, "are shown what came instead of the conversation they chose", async () => {
    const page = await openPage(browser, { storageState: await ana.page.context().storageState() })
    await page.goto(`${demo.inbox}/inbox`)
    const there = new Agent(page, demo)
    await there.isLive()
    await page.route(/\/conversations\/[^/]+(\?|$)/, (route) => route.fulfill({ status: 404, contentType: "text/html", body: "<h1>Nobody here</h1>" }))
    await there.row("Rosa Lind").locator(".row__link").click()
    await page.locator("h1", { hasText: "Nobody here" }).waitFor()
    await page.context().close()
  })

  story(() => browser, "go back from what is in sight as soon as it is", async () => {
    await ana.page.evaluate(drawsNothingOnce, "shown")
    await ana.row("Tom Hale").locator(".row__link").click()
    await ana.page.waitForFunction(() => window.heldFrames.length > 0)
    await isOpen("Tom Hale")
    await ana.page.goBack()
    await ana.page.evaluate(() => window.drawAgain())
    await isOpen("Rosa Lind")
    await hasCaret()
  })

  story(() => browser, "end nothing from the row of another conversation, and nothing by a key that is held down", async () => {
    await keys.press("Escape")
    await walksTo("Tom Hale")
    await keys.press("e")
    await keys.press("a")
    await ana.page.locator(".thread__scroll").focus()
    await press(ana.page, ".thread__scroll", { key: "e", repeat: true })
    await keys.press("?")
    await ana.page.locator("#shortcuts[open]").waitFor()
    await keys.press("Escape")
    await ana.stands("mine")
    assert.equal(await ana.page.locator(".toast").count(), 0)
  })

  story(() => browser, "take back a resolution with one key, although routing has filled the place", async () => {
    await fillsUp()
    await ana.opens("Rosa Lind")
    await hasCaret()
    const waited = await waitOf(ana)
    await keys.press("Escape")
    await keys.press("e")
    await ana.stands("resolved")
    await offers(ana, "Rosa Lind")
    await ana.row("Rosa Lind").waitFor({ state: "detached" })
    await holds(8)
    await keys.press("u")
    await ana.stands("mine")
    await hasCaret()
    await ana.row("Rosa Lind").waitFor()
    await holds(9)
    assert.match(await ana.line("act_undone").innerText(), /Ana Duarte undid/)
    assert.equal(await waitOf(ana), waited, "the customer waits since when they waited")
    assert.deepEqual(ana.page.faults, [])
  })

  story(() => browser, "take back two acts that followed each other quickly, the later one first", async () => {
    for (const name of ["Rosa Lind", "Tom Hale"]) {
      await ana.opens(name)
      await hasCaret()
      await keys.press("Escape")
      await keys.press("e")
      await ana.stands("resolved")
      await offers(ana, name)
    }
    await offers(ana, "Rosa Lind")
    await ana.page.locator(".thread__scroll").focus()
    await keys.press("u")
    await ana.stands("mine")
    await ana.page.locator(".toast", { hasText: "Tom Hale: as it was before" }).waitFor()
    await keys.press("Escape")
    await keys.press("u")
    await ana.row("Rosa Lind").waitFor()
    await ana.page.locator(".toast", { hasText: "Rosa Lind: as it was before" }).waitFor()
    await ana.opens("Rosa Lind")
    await ana.stands("mine")
  })

  story(() => browser, "take back a transfer to a colleague and one to a queue", async () => {
    await ana.transfers("Grace Mbeki", "for you")
    await ana.stands("other")
    await offers(ana, "Rosa Lind")
    await ana.page.locator(".toast button").click()
    await ana.stands("mine")
    await ana.transfers("Billing", "an invoice")
    await ana.stands("queue")
    await offers(ana, "Rosa Lind")
    await ana.page.locator(".thread__scroll").focus()
    await keys.press("Control+z")
    await ana.stands("mine")
    // How many more routing gave her between two acts is a matter of moments; more than she may hold it is in any case.
    await holdsAtLeast(9)
  })

  story(() => browser, "take back what was sent and resolved, from another conversation", async () => {
    await ana.reads()
    await ana.answer.fill("That is all, good bye")
    await keys.press("Control+Enter")
    await ana.stands("resolved")
    await offers(ana, "Rosa Lind")
    await ana.opens("Tom Hale")
    await offers(ana, "Rosa Lind")
    await keys.press("Escape")
    await keys.press("u")
    await ana.row("Rosa Lind").waitFor()
    await isOpen("Tom Hale")
    await ana.opens("Rosa Lind")
    await ana.stands("mine")
    await ana.bubble("That is all, good bye").waitFor()
  })

  story(() => browser, "are told when somebody was quicker than their undo", async () => {
    await keys.press("Escape")
    await keys.press("e")
    await ana.stands("resolved")
    await offers(ana, "Rosa Lind")
    await writes(ROSA, "Rosa Lind", "One more thing")
    await ana.line("conversation_reopened").waitFor()
    await keys.press("u")
    await ana.page.locator(".toast", { hasText: "moved on" }).waitFor()
    await ana.page.locator(".toast button").waitFor({ state: "detached" })
    ana.page.faults.length = 0 // the browser complains of the refusal itself
  })

  story(() => browser, "reopen and take over only with Shift, and take that back too", async () => {
    await grace.opens("Tom Hale")
    await grace.page.locator(".thread__scroll").focus()
    await grace.page.keyboard.press("a")
    await grace.page.keyboard.press("e")
    await grace.stands("resolved")
    await grace.page.keyboard.press("e")
    await grace.page.keyboard.press("a")
    await grace.page.keyboard.press("Shift+E")
    await grace.stands("mine")
    await grace.page.locator('.toast[data-act="reopened"]').waitFor()
    await grace.page.locator(".toast button").click()
    await grace.stands("resolved")
    await ana.row("Tom Hale").waitFor({ state: "detached" })
    assert.deepEqual(grace.page.faults, [])
  })

  story(() => browser, "hear what to do when there is no room to reopen", async () => {
    await fillsUp()
    await ana.page.goto(`${demo.inbox}/inbox?view=resolved`)
    await ana.opens("Tom Hale")
    await ana.page.locator('.header [data-key="E"]:visible').click()
    const words = ana.page.locator("#composer-refusal")
    await words.filter({ hasText: "You hold 8 of 8" }).waitFor()
    assert.doesNotMatch(await words.innerText(), /somebody else|Ana Duarte/)
    ana.page.faults.length = 0
    await ana.page.goto(`${demo.inbox}/inbox`)
  })

  story(() => browser, "have ten seconds, and longer while they are on the offer", async () => {
    const page = await openPage(browser, { storageState: await ana.page.context().storageState() })
    await page.clock.install()
    await page.goto(`${demo.inbox}/inbox`)
    const timed = new Agent(page, demo)
    await timed.isLive()
    await page.locator(".row__link").first().click()
    await timed.stands("mine")
    await timed.resolves()
    const toast = page.locator(".toast")
    await toast.waitFor()
    await page.clock.runFor(9_000)
    await toast.waitFor()
    await toast.locator("button").focus()
    await page.clock.runFor(5_000)
    await toast.waitFor()
    await page.locator(".thread__scroll").focus()
    await page.clock.runFor(1_500)
    await toast.waitFor({ state: "detached" })
    await page.context().close()
  })

  story(() => browser, "choose a word with an input method without sending", async () => {
    await ana.page.locator(".row__link").first().click()
    await ana.stands("mine")
    await hasCaret()
    await ana.answer.fill("にほん")
    await press(ana.page, "#reply-text", { key: "Enter", keyCode: 229 })
    assert.equal(await ana.answer.inputValue(), "にほん", "Safari ends the composition before its Enter")
    await ana.answer.fill("/h")
    await ana.page.locator("#canned-list:visible").waitFor()
    await press(ana.page, "#reply-text", { key: "Enter", keyCode: 229 })
    await press(ana.page, "#reply-text", { key: "Escape", keyCode: 229 })
    assert.equal(await ana.answer.inputValue(), "/h")
    await ana.page.locator("#canned-list:visible").waitFor()
    await ana.answer.fill("")
    await ana.page.locator('.composer__mode[data-mode="note"]').click()
    await ana.page.locator("#note-text").fill("メモ")
    await press(ana.page, "#note-text", { key: "Enter", keyCode: 229 })
    assert.equal(await ana.page.locator("#note-text").inputValue(), "メモ")
    await ana.page.locator("#note-text").fill("")
    await press(ana.page, ".thread__scroll", { key: "e", keyCode: 229 })
    await ana.stands("mine")
  })

  async function writes(waId, name, text) {
    await demo.control.person(waId, name)
    await demo.control.writes(waId, text)
  }

  /** So many write that Ana holds as many as she may, and more wait behind them. */
  async function fillsUp() {
    const waId = (number) => `4477009007${String(number).padStart(2, "0")}`
    if (!fillsUp.done) await Promise.all(Array.from({ length: CROWD }, (_, number) => writes(waId(number), `Customer ${number}`, "agent")))
    fillsUp.done = true
    await holdsAtLeast(8)
  }

  function holds(count) {
    return ana.page.locator('.tabs__count[data-count="mine"]', { hasText: new RegExp(`^${count}$`) }).waitFor()
  }

  function holdsAtLeast(count) {
    const figure = ana.page.locator('.tabs__count[data-count="mine"]')
    return figure.filter({ hasText: new RegExp(`^(${count}|9|1\\d)$`) }).waitFor()
  }

  function hasCaret() {
    return ana.page.locator("#reply-text:focus").waitFor()
  }

  /** A conversation is shown a moment before the browser's history has it. */
  async function isOpen(name) {
    const shown = ana.page.locator(`.conversation[data-contact="${name}"]`)
    await shown.waitFor()
    const id = await shown.getAttribute("data-conversation")
    await ana.page.waitForURL((address) => address.pathname.includes(id))
  }

  /** The act that was just done can be taken back. */
  function offers(agent, name) {
    return agent.page.locator(".toast", { hasText: name }).locator("button", { hasText: "Undo" }).waitFor()
  }

  function waitOf(agent) {
    return agent.page.locator(".brief__wait time").getAttribute("datetime")
  }

  async function walksTo(name) {
    const names = await ana.page.locator(".row__name").allInnerTexts()
    await ana.page.locator(".row__link").first().focus()
    for (let step = 0; step < names.indexOf(name); step += 1) await keys.press("j")
    await ana.row(name).locator("a:focus").waitFor()
  }
})

/**
 * In the page: once another conversation has "answered", was "shown" or "loaded", each a little later, the screen draws no further
 * frame until `drawAgain()`, as on a busy machine.
 */
function drawsNothingOnce(moment) {
  const request = window.requestAnimationFrame
  const held = (window.heldFrames = [])
  window.drawAgain = () => {
    window.requestAnimationFrame = request
    for (const callback of held.splice(0)) request(callback)
  }
  const hold = () => (window.requestAnimationFrame = (callback) => held.push(callback))
  const events = { loaded: "turbo:frame-load", answered: "turbo:before-fetch-response" }
  if (events[moment]) return document.addEventListener(events[moment], hold, { once: true })
  const before = document.querySelector(".conversation")
  const observer = new MutationObserver(() => {
    if (before.isConnected) return
    observer.disconnect()
    hold()
  })
  return observer.observe(document.body, { childList: true, subtree: true })
}

/** A key as a browser reports it; what no keyboard of the test can do. */
function press(page, selector, { keyCode, ...key }) {
  return page.locator(selector).evaluate((element, [key, keyCode]) => {
    const event = new KeyboardEvent("keydown", { ...key, keyCode, bubbles: true, cancelable: true })
    element.dispatchEvent(event)
  }, [key, keyCode])
}
