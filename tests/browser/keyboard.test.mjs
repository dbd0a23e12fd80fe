// By keyboard alone, and together: drafts, prepared answers, the guard, faces, and the light that says whether the page is live.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { Phone } from "./support/phone.mjs"
import { story } from "./support/story.mjs"
import { Wire } from "./support/wire.mjs"

describe("an agent at the keyboard", () => {
  let demo, browser, ana, grace, keys, rosa

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    grace = await Agent.signIn(browser, demo, "grace@example.com", { view: "all" })
    keys = ana.page.keyboard
    rosa = await Phone.open(browser, demo, "447700900501", "Rosa Lind")
    await rosa.writes("agent")
    await ana.row("Rosa Lind").waitFor()
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "walks, opens, answers, transfers and resolves without a mouse", async () => {
    const names = await ana.page.locator(".row__name").allInnerTexts()
    assert.ok(names.length >= 2, "there is something to walk through")
    await keys.press("j")
    await ana.row(names[0]).locator("a:focus").waitFor()
    await keys.press("j")
    await ana.row(names[1]).locator("a:focus").waitFor()
    await keys.press("k")
    await ana.row(names[0]).locator("a:focus").waitFor()
    for (let step = 0; step < names.indexOf("Rosa Lind"); step += 1) await keys.press("j")
    await keys.press("Enter")
    await ana.stands("mine")
    await ana.page.locator('.conversation[data-contact="Rosa Lind"]').waitFor()
    await ana.page.locator("#reply-text:focus").waitFor()

    await keys.press("Escape")
    await keys.press("?")
    await ana.page.locator("#shortcuts[open]").waitFor()
    await keys.press("Escape")
    await ana.page.locator("#shortcuts:not([open])").waitFor({ state: "attached" })

    await keys.press("r")
    await ana.page.locator("#reply-text:focus").waitFor()
    await ana.reads()
    await keys.type("Hello Rosa, how can I help?")
    await keys.press("Enter")
    await rosa.hears("Hello Rosa, how can I help?")
    await keys.press("Escape")
    await ana.page.locator("#reply-text:not(:focus)").waitFor()

    await keys.press("n")
    await keys.type("She sounds happy")
    await keys.press("Enter")
    await ana.note("She sounds happy").and(ana.page.locator("[data-seq]")).waitFor()
    await keys.press("Escape")

    await keys.press("t")
    await ana.page.locator("#transfer[open]").waitFor()
    await keys.press("Escape")
    await ana.page.locator("#transfer:not([open])").waitFor({ state: "attached" })

    await keys.press("e")
    await ana.stands("resolved")
    await keys.press("Shift+E")
    await ana.stands("mine")
    await ana.page.locator("#note-text:focus").waitFor() // a note was written last
    assert.deepEqual(ana.page.faults, [])
  })

  story(() => browser, "finds prepared answers with a slash, and keeps a draft over a reload", async () => {
    await keys.press("Escape")
    await keys.press("/")
    await ana.page.locator("#canned-list:visible").waitFor()
    await keys.type("track")
    await ana.page.locator(".composer__option", { hasText: "/tracking" }).waitFor()
    await keys.press("Enter")
    assert.match(await ana.answer.inputValue(), /^Your parcel is on its way/)
    const saved = ana.page.waitForResponse((response) => response.url().endsWith("/draft") && response.request().postData()?.includes("today"))
    await keys.type(" It comes today.")
    assert.equal((await saved).status(), 200)
    await ana.page.reload()
    await ana.stands("mine")
    assert.match(await ana.answer.inputValue(), /^Your parcel .* It comes today\.$/)
    await ana.isLive()
    await ana.reads()
    await ana.answer.press("Enter")
    await rosa.hears("It comes today.")
    await ana.page.reload()
    await ana.stands("mine")
    assert.equal(await ana.answer.inputValue(), "", "what was sent is no draft any more")
  })

  story(() => browser, "never sends the beginning of a prepared answer by mistake", async () => {
    await keys.press("Escape")
    await keys.press("/")
    await keys.type("zzz")
    await ana.page.locator(".composer__none").waitFor()
    await keys.press("Enter")
    assert.equal(await ana.answer.inputValue(), "/zzz", "it was not sent")
    for (let letter = 0; letter < 3; letter += 1) await keys.press("Backspace")
    await ana.page.locator(".composer__option").first().waitFor()
    await keys.press("Escape")
    assert.equal(await ana.answer.inputValue(), "", "a lone slash goes with the list")
    await keys.type("Before ")
    await ana.page.locator(".composer__slash").click()
    await ana.page.locator(".composer__option", { hasText: "/hours" }).click()
    assert.match(await ana.answer.inputValue(), /^Before Our shops are open/)
    await ana.answer.fill("")
    assert.equal(await rosa.heard("/zzz"), 0)
  })

  story(() => browser, "types on safely when somebody else takes the conversation away", async () => {
    await grace.opens("Rosa Lind")
    await ana.answer.focus()
    await keys.type("We")
    await grace.page.locator('.header [data-key="A"]:visible').click()
    await ana.page.locator('.conversation[data-stance="other"]').waitFor()
    await grace.page.locator('.header [data-key="e"]:visible').click()
    await ana.page.locator('.conversation[data-stance="resolved"]').waitFor()
    await keys.type(" are here")
    await ana.page.locator("#reply-text:focus").waitFor()
    assert.equal(await ana.answer.inputValue(), "We", "what was written stays in sight")
    const said = ana.page.locator("#composer-refusal", { hasText: "not yours any more" })
    await said.waitFor()
    assert.equal(await ana.page.locator(".conversation").getAttribute("data-stance"), "resolved", "no letter acted")
    await keys.press("Escape")
    await ana.page.locator("#note-text:visible").waitFor()
    await said.waitFor({ state: "detached" })
    await keys.press("Shift+E")
    await ana.stands("mine")
    assert.equal(await ana.answer.inputValue(), "We")
    await ana.answer.fill("")
    await grace.page.goto(`${demo.inbox}/inbox?view=all`)
  })

  story(() => browser, "is told when a transfer did not reach the server, and keeps a note that was begun", async () => {
    await keys.press("Escape")
    await keys.press("n")
    await keys.type("Half a thought")
    await ana.page.reload()
    await ana.stands("mine")
    await ana.page.locator('.composer__mode[data-mode="note"]').click()
    assert.equal(await ana.page.locator("#note-text").inputValue(), "Half a thought")
    await ana.page.locator("#note-text").fill("")
    await ana.page.locator('.composer__mode[data-mode="reply"]').click()
    await keys.press("Escape")
    await ana.page.context().setOffline(true)
    await keys.press("t")
    await ana.page.locator("#transfer[open] input[value^=queue]").first().check()
    await ana.page.locator("#transfer .button--primary").click()
    await ana.page.locator("#transfer[open] .dialog__refusal", { hasText: "not done" }).waitFor()
    await keys.press("Escape")
    await ana.page.context().setOffline(false)
    await ana.isLive()
    ana.page.faults.length = 0
  })

  story(() => browser, "is seen by who else is there, and seen typing by both sides", async () => {
    await grace.opens("Rosa Lind")
    await grace.page.locator("#people", { hasText: "Ana Duarte" }).waitFor()
    await ana.page.locator("#people", { hasText: "Grace Mbeki" }).waitFor()
    await ana.answer.focus()
    await keys.type("Let me see")
    await grace.page.locator(".people__typing", { hasText: "Ana Duarte" }).waitFor()
    await rosa.seesTyping()
    assert.equal(await ana.page.locator(".people__typing").count(), 0, "nobody is told of their own typing")
    await grace.page.goto(`${demo.inbox}/inbox?view=all`)
    await ana.page.locator("#people", { hasText: "Grace Mbeki" }).waitFor({ state: "detached" })
    await ana.answer.fill("")
    const here = grace.row("Rosa Lind").locator(".row__here")
    await here.filter({ hasText: "Ana Duarte" }).waitFor()
    await ana.page.goto(`${demo.inbox}/inbox`)
    await here.waitFor({ state: "detached" })
    await ana.opens("Rosa Lind")
    await here.filter({ hasText: "Ana Duarte" }).waitFor()
    assert.deepEqual([...ana.page.faults, ...grace.page.faults], [])
  })

  story(() => browser, "is told what came while the connection was lost, before an answer goes out", async () => {
    const page = await ana.page.context().newPage()
    let frames = () => Infinity
    const wire = await Wire.lay(page, () => frames())
    await page.goto(ana.page.url())
    const onWire = new Agent(page, demo)
    await onWire.isLive()
    await onWire.reads()
    await onWire.answer.fill("We close at six")
    frames = () => 0
    wire.cut()
    await page.locator('.rail__light[data-connection="offline"]').waitFor()
    await page.locator(".thread__light", { hasText: "Offline since" }).waitFor()
    await rosa.writes("Can I come at seven?")
    await ana.bubble("Can I come at seven?").waitFor()

    await onWire.answer.press("Enter")
    await page.locator("#guard-dialog[open] .changes", { hasText: "Can I come at seven?" }).waitFor()
    assert.equal(await rosa.heard("We close at six"), 0, "it was held back")
    await page.locator("#guard-dialog .guard__back, #guard-dialog .dialog__foot a").click()
    assert.equal(await onWire.answer.inputValue(), "We close at six")
    await onWire.answer.press("Enter")
    await page.locator("#guard-dialog[open] textarea").fill("We close at six, seven is too late")
    await page.locator("#guard-dialog .button--primary").click()
    await rosa.hears("We close at six, seven is too late")
    assert.equal(await rosa.heard("We close at six"), 1, "sent once")

    frames = () => Infinity
    await page.evaluate(() => dispatchEvent(new Event("online")))
    await onWire.isLive()
    await onWire.bubble("Can I come at seven?").waitFor()
    await onWire.bubble("seven is too late").and(page.locator("[data-seq]")).waitFor()
    assert.equal(await onWire.answer.inputValue(), "")
    await page.close()
  })

  story(() => browser, "sees a light that tells live from catching up and offline", async () => {
    const page = await ana.page.context().newPage()
    let frames = () => Infinity
    const wire = await Wire.lay(page, () => frames())
    await page.goto(ana.page.url())
    const light = (state) => page.locator(`.rail__light[data-connection="${state}"]`).waitFor()
    await light("live")
    frames = () => 0
    wire.holds()
    wire.cut()
    await light("offline")
    await page.evaluate(() => dispatchEvent(new Event("online")))
    await light("catching_up")
    wire.lets()
    await light("offline")
    frames = () => Infinity
    await page.evaluate(() => dispatchEvent(new Event("online")))
    await light("live")
    await page.close()
  })
})
