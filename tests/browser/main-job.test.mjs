// The main job, as two customers and two agents live through it: phones and pages in browsers, nothing behind the scenes.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { Phone } from "./support/phone.mjs"
import { landscape } from "./support/pictures.mjs"
import { story } from "./support/story.mjs"

describe("the main job", () => {
  let demo, browser, ana, chloe, rosa, tom, holder, colleague

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    // Both answer orders; only Ana gives advice. Nobody else is there.
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    chloe = await Agent.signIn(browser, demo, "chloe@example.com")
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "two customers at once are acknowledged, asked two questions each, and assigned to one agent each", async () => {
    rosa = await Phone.open(browser, demo, "447700900101", "Rosa Lind")
    tom = await Phone.open(browser, demo, "447700900102", "Tom Hale")
    await Promise.all([asksForHerParcel(), asksForAdvice()])
    ;[holder, colleague] = await whoHolds("Rosa Lind")
    assert.equal(await colleague.row("Rosa Lind").count(), 0, "nobody else has it")
    await ana.row("Tom Hale").waitFor()
    assert.equal(await chloe.row("Tom Hale").count(), 0, "only Ana gives advice")
  })

  story(() => browser, "the first is answered, handed on with a note, resolved, and comes back to who knows her", async () => {
    await holder.opens("Rosa Lind")
    await holder.stands("mine")
    assert.deepEqual(await holder.brief(), { Topic: "My order", "Order number": "204817", "What happened": "It is late" })

    await rosa.leavesChat()
    await rosa.switches("online")
    await holder.replies("Hello Rosa, I am asking the carrier now.")
    await holder.seesTicks("asking the carrier", "sent")
    await rosa.switches("online")
    await holder.seesTicks("asking the carrier", "delivered")
    await rosa.entersChat()
    await rosa.hears("Hello Rosa, I am asking the carrier now.")
    await holder.seesTicks("asking the carrier", "read")

    await rosa.writes("Thank you, I will wait")
    await holder.bubble("Thank you, I will wait").waitFor()
    await holder.transfers(colleague.name, "The carrier calls back, please tell her")
    await holder.stands("other")
    await colleague.row("Rosa Lind").waitFor()
    await colleague.opens("Rosa Lind")
    await colleague.stands("mine")
    assert.match(await colleague.line("conversation_transferred").innerText(), /The carrier calls back, please tell her/)
    await colleague.replies("It comes tomorrow before noon.")
    await rosa.hears("It comes tomorrow before noon.")
    await colleague.resolves()
    await colleague.row("Rosa Lind").waitFor({ state: "detached" })

    await rosa.writes("It did not come!")
    await colleague.row("Rosa Lind").waitFor()
    await colleague.stands("mine")
    await colleague.bubble("It did not come!").waitFor()
    await colleague.line("conversation_reopened").waitFor()
    await colleague.replies("I am sorry, I look into it at once.")
    await rosa.hears("I am sorry, I look into it at once.")
    assert.equal(await rosa.heard("Hello Rosa, thank you for writing"), 1, "the flow greets once")
    assert.equal(await rosa.heard("Thank you for writing again"), 1, "who comes back is heard")
    assert.deepEqual(rosa.page.faults, [])
  })

  story(() => browser, "the second is served beside her, with pictures both ways", async () => {
    await ana.opens("Tom Hale")
    assert.deepEqual(await ana.brief(), { Topic: "Something else", "What it is about": "Which stove do you advise?", Urgency: "No hurry" })
    await tom.sendsPicture(landscape(40))
    const received = ana.thread.locator('.message--inbound[data-kind="image"] img')
    await received.waitFor()
    await ana.page.waitForFunction((image) => image.complete && image.naturalWidth > 0, await received.elementHandle())
    await ana.sendsPicture(landscape(200), "Like this one?")
    await tom.seesPicture()
    await tom.hears("Like this one?")
    await ana.seesTicks("Like this one?", "read")
    assert.deepEqual(tom.page.faults, [])
  })

  story(() => browser, "whoever writes “agent” gets one at once", async () => {
    const uma = await Phone.open(browser, demo, "447700900103", "Uma Rey")
    await uma.writes("agent")
    const [agent] = await whoHolds("Uma Rey")
    await agent.opens("Uma Rey")
    await agent.page.locator("#brief", { hasText: "The customer asked for a person." }).waitFor()
    await uma.hears("I am passing you on to a colleague")
    assert.equal(await uma.element.locator(".list-open").count(), 0, "no question is asked any more")
  })

  story(() => browser, "no page complained and no program logged a fault", () => {
    assert.deepEqual(ana.page.faults, [])
    assert.deepEqual(chloe.page.faults, [])
    assert.deepEqual(demo.faults, [])
  })

  async function asksForHerParcel() {
    await rosa.writes("Hello, my parcel is not here yet")
    await rosa.hears("Hello Rosa, thank you for writing")
    await rosa.picks("orders")
    await rosa.hears("What is your order number?")
    await rosa.writes("It is 204817")
    await rosa.hears("And what happened?")
    await rosa.taps("late")
    await rosa.hears("you do not need to repeat anything")
  }

  async function asksForAdvice() {
    await tom.writes("hi")
    await tom.hears("Hello Tom, thank you for writing")
    await tom.picks("support")
    await tom.hears("Write it in a sentence or two")
    await tom.writes("Which stove do you advise?")
    await tom.hears("How urgent is it?")
    await tom.taps("no_hurry")
    await tom.hears("you do not need to repeat anything")
  }

  /** Who of the two gets the conversation, and the other one. */
  async function whoHolds(name) {
    const holder = await Promise.any([ana, chloe].map((agent) => agent.row(name).waitFor().then(() => agent)))
    return holder === ana ? [ana, chloe] : [chloe, ana]
  }
})
