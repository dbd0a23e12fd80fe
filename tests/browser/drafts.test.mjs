// What somebody has begun to write is safe at every moment: over reloads, between tabs and browsers, without a network.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { SOON, startBrowser, watched } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { Gate } from "./support/gate.mjs"
import { LatePage } from "./support/late_page.mjs"
import { story } from "./support/story.mjs"
import { Unheard } from "./support/unheard.mjs"

const ROSA = "447700900801"
const TOM = "447700900802"

/** How long after the last key a page is loaded anew, in milliseconds; saving waits for a pause between the first and the last. */
const RELOADS = [0, 200, 500, 800, 0, 0, 0, 0]

describe("a draft", () => {
  let demo, browser, ana, keys, rosa

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    keys = ana.page.keyboard
    for (const [waId, name] of [[ROSA, "Rosa Lind"], [TOM, "Tom Hale"]]) {
      await demo.control.person(waId, name)
      await demo.control.writes(waId, "agent")
      await ana.row(name).waitFor()
    }
    await ana.opens("Rosa Lind")
    await hasCaret(ana)
    rosa = ana.page.url()
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "outlives a reload right after any key", async () => {
    let text = ""
    await ana.page.clock.install()
    for (const after of RELOADS) {
      const words = `word after ${after} `
      await keys.type(words)
      text += words
      await ana.page.clock.runFor(after)
      await ana.page.reload()
      await hasCaret(ana)
      assert.equal(await ana.answer.inputValue(), text)
    }
    await empties(ana)
  })

  story(() => browser, "outlives a reload while its save is on the wire, and a save that never arrives", async () => {
    for (const fate of ["opens", "breaks"]) {
      const gate = await Gate.before(ana.page, /\/draft$/, { method: "POST" })
      await keys.type(`While it ${fate}`)
      await gate.reached()
      const reloading = ana.page.reload()
      await reloading
      await gate[fate]()
      await hasCaret(ana)
      assert.equal(await ana.answer.inputValue(), `While it ${fate}`)
      await isKept(rosa, `While it ${fate}`)
      await empties(ana)
    }
  })

  story(() => browser, "outlives a reload whose page was made before its save, or its message, was taken", async () => {
    await keys.type("Saved too late")
    const late = await LatePage.of(ana.page, /\/draft$/)
    await isKept(rosa, "Saved too late")
    await late.arrives()
    await holds(ana, "Saved too late")
    await keys.type(" for its page")
    await isKept(rosa, "Saved too late for its page")
    await holds(ana, "Saved too late for its page")
    await ana.reads()
    const another = await LatePage.of(ana.page, /\/messages$/, () => keys.press("Enter"))
    await isKept(rosa, "")
    await another.arrives()
    await hasCaret(ana)
    await holds(ana, "")
    // The browser grants no socket to a page that was handed over by the test.
    await ana.page.reload()
    await hasCaret(ana)
    await holds(ana, "")
    await ana.bubble("Saved too late for its page").and(ana.page.locator("[data-seq]")).waitFor()
    ana.page.faults.length = 0
  })

  story(() => browser, "outlives two reloads after each other, although the save of the first page comes after the second was made", async () => {
    const gate = await Gate.before(ana.page, /\/draft$/, { method: "POST" })
    await keys.type("one")
    await ana.page.reload()
    await gate.reached()
    await hasCaret(ana)
    await keys.type(" two")
    await gate.letsFirst()
    await isKept(rosa, "one")
    await ana.page.reload()
    await hasCaret(ana)
    await holds(ana, "one two")
    assert.equal(await ana.page.locator(".composer__other:visible").count(), 0, "nobody else wrote")
    await gate.opens()
    await empties(ana)
  })

  for (const looks of [true, false]) {
    const how = looks ? "and another page showed it" : "and no page of its tab showed it since"
    story(() => browser, `that was sent elsewhere does not come back, although its own page never heard that it was kept, ${how}`, async () => {
      const text = `Nobody answered, ${how}`
      const unheard = await Unheard.of(ana.page, /\/draft$/)
      await keys.type(text)
      await isKept(rosa, text)
      await ana.page.goto(`${demo.inbox}/inbox`)
      await unheard.ends()
      if (looks) {
        await ana.opens("Rosa Lind")
        await holds(ana, text)
        await ana.opens("Tom Hale")
      }
      const second = await secondTab()
      await holds(second, text)
      await second.reads()
      await second.page.keyboard.press("Enter")
      await second.bubble(text).and(second.page.locator("[data-seq]")).waitFor()
      await second.page.close()
      await turnsTo(ana)
      await ana.opens("Rosa Lind")
      await hasCaret(ana)
      await holds(ana, "")
      assert.equal(await ana.page.locator(".composer__other:visible").count(), 0)
      await isKept(rosa, "")
    })
  }

  story(() => browser, "that was thrown away while its first save was on the wire stays away", async () => {
    await ana.page.clock.install()
    const gate = await Gate.before(ana.page, /\/draft$/, { method: "POST" })
    await keys.type("Thrown away")
    await ana.page.clock.runFor(400)
    await gate.reached()
    await ana.answer.fill("")
    await ana.page.clock.runFor(400)
    const answered = ana.page.waitForResponse(/\/draft$/)
    await gate.opens()
    await answered
    await ana.page.clock.resume()
    await isKept(rosa, "")
    await ana.page.reload()
    await hasCaret(ana)
    await holds(ana, "")
  })

  story(() => browser, "is kept by the server while somebody types without a pause", async () => {
    await ana.page.clock.install()
    const saved = ana.page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/draft"))
    for (let letter = 0; letter < 12; letter += 1) {
      await keys.type("x")
      await ana.page.clock.runFor(100)
    }
    await saved
    await ana.page.clock.resume()
    await empties(ana)
  })

  story(() => browser, "is kept by the server when its page is closed at once", async () => {
    const page = watched(await ana.page.context().newPage())
    const other = new Agent(page, demo)
    await page.goto(rosa)
    await hasCaret(other)
    await page.keyboard.type("Closed at once")
    await page.close({ runBeforeUnload: false })
    await isKept(rosa, "Closed at once")
    await ana.page.reload()
    await hasCaret(ana)
    assert.equal(await ana.answer.inputValue(), "Closed at once")
    await empties(ana)
  })

  story(() => browser, "waits in its conversation while another one is open, and its row says so", async () => {
    await keys.type("For Rosa")
    await ana.opens("Tom Hale")
    await hasCaret(ana)
    assert.equal(await ana.answer.inputValue(), "")
    await ana.row("Rosa Lind").locator(".row__mark--draft", { hasText: "Draft" }).waitFor()
    assert.equal(await ana.row("Tom Hale").locator(".row__mark--draft").isVisible(), false)
    await ana.page.reload()
    await ana.row("Rosa Lind").locator(".row__mark--draft").waitFor()
    await ana.opens("Rosa Lind")
    await hasCaret(ana)
    assert.equal(await ana.answer.inputValue(), "For Rosa")
    await ana.page.goBack()
    await ana.page.locator('.conversation[data-contact="Tom Hale"]').waitFor()
    await ana.page.goForward()
    await ana.page.locator('.conversation[data-contact="Rosa Lind"]').waitFor()
    await hasCaret(ana)
    assert.equal(await ana.answer.inputValue(), "For Rosa")
    await empties(ana)
    await ana.row("Rosa Lind").locator(".row__mark--draft").waitFor({ state: "hidden" })
  })

  story(() => browser, "of a note is kept by the server too, apart from the answer", async () => {
    await keys.type("To the customer")
    await ana.page.locator('.composer__mode[data-mode="note"]').click()
    await keys.type("For colleagues")
    await isKept(rosa, "To the customer")
    await isKept(rosa, "For colleagues", "note")
    const there = await elsewhere()
    assert.deepEqual([await there.answer.inputValue(), await there.page.locator("#note-text").inputValue()], ["To the customer", "For colleagues"])
    await there.page.locator('.composer__mode[data-mode="note"].is-begun').waitFor()
    await there.page.context().close()
    await ana.page.locator("#note-text").press("Enter")
    await ana.note("For colleagues").and(ana.page.locator("[data-seq]")).waitFor()
    await ana.page.locator('.composer__mode[data-mode="reply"]').click()
    await empties(ana)
  })

  story(() => browser, "that was sent a moment before a reload is sent once and comes back not", async () => {
    await ana.reads()
    await keys.type("Sent, then reloaded")
    await Promise.all([ana.page.waitForRequest((request) => request.url().endsWith("/messages")), keys.press("Enter")])
    await ana.page.reload()
    await hasCaret(ana)
    await ana.bubble("Sent, then reloaded").and(ana.page.locator("[data-seq]")).waitFor()
    await holds(ana, "")
    await ana.page.reload()
    await hasCaret(ana)
    await holds(ana, "")
    assert.equal(await ana.thread.locator(".message").filter({ hasText: "Sent, then reloaded" }).count(), 1)
  })

  story(() => browser, "that was sent but never arrived comes back after a reload, and is sent once", async () => {
    await ana.reads()
    const gate = await Gate.before(ana.page, /\/messages$/, { method: "POST" })
    await keys.type("Sent into the void")
    await keys.press("Enter")
    await gate.reached()
    await ana.page.reload()
    await gate.breaks()
    await hasCaret(ana)
    await holds(ana, "Sent into the void")
    await ana.isLive()
    await ana.reads()
    await keys.press("Enter")
    await ana.bubble("Sent into the void").and(ana.page.locator("[data-seq]")).waitFor()
    await holds(ana, "")
    const calls = await demo.control.sentTo(ROSA)
    assert.ok(calls.filter((call) => call.request.text?.body === "Sent into the void").length <= 1)
    assert.equal(await ana.thread.locator(".message").filter({ hasText: "Sent into the void" }).count(), 1)
  })

  story(() => browser, "in a second tab is not overwritten by the first, and the other way round", async () => {
    const second = await secondTab()
    await turnsTo(ana)
    await keys.type("From the first tab")
    await isKept(rosa, "From the first tab")
    await turnsTo(second)
    await holds(second, "From the first tab")
    await second.page.keyboard.type(", and the second")
    await isKept(rosa, "From the first tab, and the second")
    await turnsTo(ana)
    await offers(ana, "From the first tab, and the second")
    await holds(ana, "From the first tab")
    await ana.page.locator(".composer__other:visible button", { hasText: "Use this instead" }).click()
    await holds(ana, "From the first tab, and the second")
    await ana.page.locator(".composer__other:visible").waitFor({ state: "detached" })
    await keys.press("Control+z")
    await holds(ana, "From the first tab")
    await keys.press("Control+Shift+z")
    await holds(ana, "From the first tab, and the second")
    await empties(ana)
    // The first had read all of it before it was thrown away there.
    await holds(second, "")
    await second.page.close()
    await turnsTo(ana)
    assert.deepEqual(faults(), [])
  })

  story(() => browser, "typed in two tabs at once is kept in both until the person chooses", async () => {
    const second = await secondTab()
    const gate = await Gate.before(second.page, /\/draft$/, { method: "POST" })
    await writesThere(second, "two")
    await turnsTo(ana)
    await ana.answer.focus()
    await keys.type("one")
    await isKept(rosa, "one")
    await gate.opens()
    await offers(second, "one")
    await holds(second, "two")
    await second.page.reload()
    await offers(second, "one")
    await holds(second, "two")
    await second.page.locator(".composer__other:visible button", { hasText: "Keep what is below" }).click()
    await isKept(rosa, "two")
    await holds(ana, "one")
    await keys.type("!")
    await offers(ana, "two")
    await ana.reads()
    await keys.press("Enter")
    await ana.bubble("one!").and(ana.page.locator("[data-seq]")).waitFor()
    await holds(second, "two")
    await isKept(rosa, "two")
    await second.page.reload()
    await hasCaret(second)
    await holds(second, "two")
    await empties(second)
    await second.page.close()
    await ana.page.reload()
    await hasCaret(ana)
    ana.page.faults.length = 0
  })

  story(() => browser, "that another tab shows untouched goes there too once it is sent", async () => {
    await keys.type("Read in both, sent in one")
    await isKept(rosa, "Read in both, sent in one")
    const second = await secondTab()
    await holds(second, "Read in both, sent in one")
    await turnsTo(ana)
    await ana.reads()
    await keys.press("Enter")
    await ana.bubble("Read in both, sent in one").and(ana.page.locator("[data-seq]")).waitFor()
    await holds(second, "")
    await second.page.close()
  })

  story(() => browser, "that another tab has written and sent is gone there too, though it was typed here", async () => {
    await keys.type("Begun in one")
    await isKept(rosa, "Begun in one")
    const second = await secondTab()
    await holds(second, "Begun in one")
    await second.page.keyboard.type(", ended in the other")
    await second.reads()
    await second.page.keyboard.press("Enter")
    await second.bubble("Begun in one, ended in the other").and(second.page.locator("[data-seq]")).waitFor()
    await holds(ana, "")
    await second.page.close()
    await turnsTo(ana)
  })

  story(() => browser, "that was sent elsewhere does not stand in a page one goes back to", async () => {
    await keys.type("Left behind")
    await isKept(rosa, "Left behind")
    await ana.page.goto(`${demo.inbox}/inbox`)
    await ana.opens("Rosa Lind")
    await holds(ana, "Left behind")
    await ana.opens("Tom Hale")
    const second = await secondTab()
    await holds(second, "Left behind")
    await second.reads()
    await second.page.keyboard.press("Enter")
    await second.bubble("Left behind").and(second.page.locator("[data-seq]")).waitFor()
    await second.page.close()
    await turnsTo(ana)
    await ana.page.goBack()
    await ana.page.locator('.conversation[data-contact="Rosa Lind"]').waitFor()
    await holds(ana, "")
    await hasCaret(ana)
  })

  story(() => browser, "shows at once in another browser of the same person, and is not overwritten there unseen", async () => {
    const there = await elsewhere()
    await keys.type("Here")
    await holds(there, "Here")
    const gate = await Gate.before(there.page, /\/draft$/, { method: "POST" })
    await there.answer.fill("There")
    await gate.reached()
    await keys.type(", and on")
    await isKept(rosa, "Here, and on")
    await gate.opens()
    await offers(there, "Here, and on")
    await holds(there, "There")
    await holds(ana, "Here, and on")
    await there.page.context().close()
    await empties(ana)
  })

  story(() => browser, "of a tab that was copied does not speak for its twin", async () => {
    await keys.type("Original")
    await isKept(rosa, "Original")
    const twin = await copiedTab()
    await holds(twin, "Original")
    await turnsTo(ana)
    await keys.type(" goes on")
    await isKept(rosa, "Original goes on")
    await writesThere(twin, "Twin")
    await offers(twin, "Original goes on")
    await twin.page.close()
    await turnsTo(ana)
    await empties(ana)
    ana.page.faults.length = 0
  })

  story(() => browser, "that is typed without a network is saved when there is one again", async () => {
    await ana.page.context().setOffline(true)
    await ana.page.locator('.rail__light[data-connection="offline"]').waitFor()
    await keys.type("Written in a tunnel")
    await ana.page.context().setOffline(false)
    await ana.page.evaluate(() => dispatchEvent(new Event("online")))
    await ana.isLive()
    await isKept(rosa, "Written in a tunnel")
    await empties(ana)
    ana.page.faults.length = 0
  })

  story(() => browser, "of 40,000 characters outlives a reload, and what is longer says what is not kept", async () => {
    const long = "Ñandú 🙂 ".repeat(5_000)
    await ana.answer.fill(long)
    await ana.page.reload()
    await hasCaret(ana)
    await holds(ana, long)
    await isKept(rosa, long)
    await ana.answer.fill("x".repeat(41_000))
    await ana.page.locator("#composer-refusal", { hasText: "40,960" }).waitFor()
    await ana.page.reload()
    await hasCaret(ana)
    await holds(ana, "x".repeat(41_000))
    await empties(ana)
    assert.deepEqual(faults(), [])
  })

  /** What went wrong on the page. The browser complains of 409 itself: it is how the server says that something is newer. */
  function faults() {
    return ana.page.faults.splice(0).filter((fault) => !fault.includes("409"))
  }

  /** Turns to that tab; without a window, no browser says so by itself. */
  async function turnsTo(agent) {
    await agent.page.bringToFront()
    await agent.page.evaluate(() => dispatchEvent(new Event("focus")))
  }

  /** Types in a tab that is not in front. */
  function writesThere(agent, text) {
    return agent.answer.evaluate((field, text) => {
      field.value = text
      field.dispatchEvent(new Event("input", { bubbles: true }))
    }, text)
  }

  function hasCaret(agent) {
    return agent.page.locator("#reply-text:focus").waitFor()
  }

  /** The field holds exactly this, now or in a moment. */
  function holds(agent, text) {
    return agent.page.waitForFunction((text) => document.getElementById("reply-text")?.value === text, text)
  }

  function offers(agent, text) {
    return agent.page.locator(".composer__other:visible .composer__theirs").filter({ hasText: text }).waitFor()
  }

  /** Until the server keeps this, as any other browser would see it. */
  async function isKept(address, text, kind = "reply") {
    for (const until = Date.now() + SOON; Date.now() < until; ) {
      const drafts = await (await ana.page.context().request.get(`${address.split("?")[0]}/draft`)).json()
      if (drafts[kind].body === text) return
    }
    assert.fail(`the server never kept ${JSON.stringify(text.slice(0, 80))}`)
  }

  async function empties(agent) {
    await agent.answer.fill("")
    await isKept(rosa, "")
    await agent.answer.focus()
  }

  async function secondTab() {
    const page = watched(await ana.page.context().newPage())
    await page.goto(rosa)
    const second = new Agent(page, demo)
    await second.isLive()
    await hasCaret(second)
    return second
  }

  async function copiedTab() {
    const kept = await ana.page.evaluate(() => Object.entries({ ...sessionStorage }))
    const page = watched(await ana.page.context().newPage())
    await page.addInitScript((kept) => {
      if (sessionStorage.length === 0) for (const [key, value] of kept) sessionStorage.setItem(key, value)
    }, kept)
    await page.goto(rosa)
    const twin = new Agent(page, demo)
    await twin.isLive()
    await hasCaret(twin)
    return twin
  }

  async function elsewhere() {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, storageState: await ana.page.context().storageState() })
    const page = watched(await context.newPage())
    await page.goto(rosa)
    const there = new Agent(page, demo)
    await there.isLive()
    await hasCaret(there)
    return there
  }
})
