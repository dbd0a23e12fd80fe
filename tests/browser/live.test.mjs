// Two hundred broken connections: whatever a page missed, in the end it shows what a fresh load shows.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser, watched } from "./support/browser.mjs"
import { Chance } from "./support/chance.mjs"
import { startDemo } from "./support/demo.mjs"
import { difference, likeness } from "./support/likeness.mjs"
import { Requests } from "./support/requests.mjs"
import { story } from "./support/story.mjs"
import { Wire } from "./support/wire.mjs"

const CUTS = 200
const VERA = "447700900201"
const OTHERS = ["447700900202", "447700900203", "447700900204"]

/** WhatsApp takes 45 messages to one person at once, and then one every six seconds. */
const MOST_ANSWERS = 40

/** What is still on its way when two pages are compared has arrived after so many fresh loads. */
const LOOKS = 8

/** More events than the socket tells at once. */
const TOO_MANY = 520

describe("a page whose connection breaks again and again", () => {
  let demo, browser, ana, chloe, wire, byAna, byChloe, conversation
  let frames = () => Infinity

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    chloe = await Agent.signIn(browser, demo, "chloe@example.com")
    ana = await signInOnWire("ana@example.com")
    byAna = await Requests.of(ana)
    byChloe = await Requests.of(chloe)
    await demo.control.person(VERA, "Vera Stone")
    await demo.control.writes(VERA, "agent")
    await ana.opens("Vera Stone")
    await ana.stands("mine")
    conversation = await ana.conversation.getAttribute("data-conversation")
    for (const [place, other] of OTHERS.entries()) await demo.control.person(other, `Other ${place + 1}`)
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, `shows after ${CUTS} breaks what a fresh load shows`, async (context) => {
    const chance = new Chance()
    context.diagnostic(`BATON_SEED=${chance.seed}`)
    frames = () => chance.below(6)
    const doing = deeds(chance)
    wire.cut()
    while (wire.cuts < CUTS) {
      if (chance.percent(12)) await offline(() => doing.next())
      else await doing.next()
      if (chance.percent(80)) await hurry()
      await wire.connected()
    }
    frames = () => Infinity
    wire.cut()
    await doing.end()
    await ana.isLive()
    context.diagnostic(`${wire.connections} connections, ${wire.lost} frames lost, ${doing.count} deeds`)
    await isAsFresh({ load: (agent) => agent.readsAllOfIt() })
    assert.deepEqual(ana.page.faults.filter((fault) => fault.startsWith("uncaught")), [])
  })

  story(() => browser, "loads itself again when it missed more than can be told", async () => {
    frames = () => 0
    wire.cut()
    await ana.page.locator('.rail__light[data-connection="offline"]').waitFor()
    const texts = Array.from({ length: TOO_MANY }, (_, index) => `Missed ${index}`)
    while (texts.length > 0) await Promise.all(texts.splice(0, 8).map((text) => byChloe.notes(conversation, text)))
    await byChloe.notes(conversation, "The last of many")
    frames = () => Infinity
    await hurry()
    await ana.note("The last of many").waitFor()
    await ana.isLive()
    await isAsFresh()
  })

  async function signInOnWire(email) {
    const agent = await Agent.signIn(browser, demo, email)
    const page = watched(await agent.page.context().newPage())
    await agent.page.close()
    wire = await Wire.lay(page, () => frames())
    await page.goto(`${demo.inbox}/inbox?view=all`)
    const onWire = new Agent(page, demo)
    Object.assign(onWire, { name: agent.name, id: agent.id })
    await onWire.isLive()
    return onWire
  }

  /** What people do meanwhile, by chance; who holds the conversation is theirs to find out. */
  function deeds(chance) {
    let count = 0
    let answers = 0
    let isOnline = true
    const both = [[byAna, chloe.id], [byChloe, ana.id]]
    const all = [
      () => demo.control.writes(VERA, `From Vera ${count}`),
      () => demo.control.writes(VERA, `From Vera ${count}`),
      () => (answers += 1) <= MOST_ANSWERS && chance.one([byAna, byChloe]).replies(conversation, `Answer ${count}`),
      () => byChloe.notes(conversation, `Note ${count}`),
      () => ana.page.locator("#note-text").evaluate(writeNote, `Own note ${count}`),
      () => { const [by, to] = chance.one(both); return by.transfers(conversation, to, chance.percent(50) ? `Because ${count}` : "") },
      async () => { const [by] = chance.one(both); if (await by.resolves(conversation)) await by.reopens(conversation) },
      () => demo.control.change(VERA, { online: (isOnline = !isOnline) }),
      () => demo.control.writes(chance.one(OTHERS), `Hello ${count}`),
    ]
    return {
      get count() { return count },
      next() { count += 1; return chance.one(all)() },
      end: () => demo.control.change(VERA, { online: true }),
    }
  }

  async function offline(deed) {
    await ana.page.context().setOffline(true)
    wire.cut()
    await deed()
    await ana.page.context().setOffline(false)
  }

  /** As when the network says it is there again: the page does not wait for its turn. */
  function hurry() {
    return ana.page.evaluate(() => dispatchEvent(new Event("online")))
  }

  /** What is under way settles, and then both pages are alike. */
  async function isAsFresh({ load } = {}) {
    await ana.thread.locator('.ticks:is([data-status="queued"], [data-status="sending"])').first().waitFor({ state: "detached" })
    await ana.reads()
    await load?.(ana)
    let differs
    for (let look = 0; look < LOOKS; look += 1) {
      const fresh = await freshLikeness(load)
      differs = difference(await likeness(ana.page), fresh)
      if (!differs) return
    }
    assert.fail(differs)
  }

  async function freshLikeness(load) {
    const page = await ana.page.context().newPage()
    await page.goto(`${demo.inbox}/conversations/${conversation}?view=all`)
    const agent = new Agent(page, demo)
    await agent.isLive()
    await agent.reads()
    await load?.(agent)
    const shown = await likeness(page)
    await page.close()
    return shown
  }
})

/** In the page: a note as somebody types and sends it. */
function writeNote(field, text) {
  field.value = text
  field.form.requestSubmit()
}
