// Lines of a thread for what is not speech, and for who is who: told small, in the customer's name, and with what can be done about it.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

const NUMBER = "200300400500600"
const PHONE = { phone: "447700900811", name: "Vera Stone" }
const NAMELESS = { id: "GB.1349182019283746", name: "Vera Stone", username: "vera.stone" }

describe("a line of the thread", () => {
  let demo, browser, ana

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    await demo.control.person(PHONE.phone, PHONE.name)
    await demo.control.writes(PHONE.phone, "agent")
    await ana.opens(PHONE.name)
    await ana.replies("Hello Vera, how can I help?")
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "tells of a reaction, an edit and a deletion, and nobody waits for an answer to them", async () => {
    const row = ana.row(PHONE.name)
    await row.locator(".row__wait").waitFor({ state: "detached" })
    const question = await sends(PHONE, { type: "text", text: { body: "Where is my parcell?" } })
    await ana.bubble("parcell").waitFor()
    await ana.replies("On its way to you")
    await row.locator(".row__wait").waitFor({ state: "detached" })
    await sends(PHONE, { type: "reaction", reaction: { message_id: question, emoji: "👍" } })
    await ana.line("reaction").filter({ hasText: "Vera Stone reacted 👍 to “Where is my parcell?”" }).waitFor()
    await sends(PHONE, { type: "edit", edit: { original_message_id: question, message: { type: "text", text: { body: "Where is my parcel?" } } } })
    const edited = ana.line("edit").locator(".line__note", { hasText: "Where is my parcel?" })
    await edited.waitFor()
    await ana.notes("She means 2048")
    const colour = (place) => place.evaluate((element) => getComputedStyle(element).backgroundColor)
    assert.equal(await colour(edited), await colour(ana.bubble("parcell").locator(".bubble")), "the customer's words look like theirs")
    await sends(PHONE, { type: "revoke", revoke: { original_message_id: question } })
    await ana.line("deletion").waitFor()
    assert.equal(await row.locator(".row__wait").count(), 0)
    assert.deepEqual(ana.page.faults, [])
  })

  story(() => browser, "says that two contacts turned out to be one, in sight, and parts them with one press", async () => {
    await sends(NAMELESS, { type: "text", text: { body: "I write from my other phone" } })
    await ana.row(PHONE.name).nth(1).waitFor()
    await sends({ ...PHONE, ...NAMELESS }, { type: "text", text: { body: "It is me again" } })
    await ana.row(PHONE.name).filter({ hasText: "It is me again" }).locator(".row__link").click()
    await ana.bubble("It is me again").waitFor()
    await ana.page.locator(".context__identities", { hasText: "@vera.stone" }).waitFor()
    await ana.line("contacts_joined").locator("button", { hasText: "They are two people" }).click()
    await ana.line("contacts_parted").waitFor()
    assert.deepEqual(ana.page.faults, [])
  })

  let count = 0

  /** A webhook as WhatsApp writes it; answers the id of what was sent. */
  async function sends({ phone, id: userId, name, username }, what) {
    const id = `wamid.LINES${(count += 1)}`
    const message = { id, timestamp: String(Math.floor(Date.now() / 1000)), from: phone, from_user_id: userId, ...what }
    const contacts = [{ profile: { name, username }, wa_id: phone, user_id: userId }]
    const metadata = { display_phone_number: "442079460123", phone_number_id: NUMBER }
    const value = { messaging_product: "whatsapp", metadata, contacts, messages: [message] }
    await demo.control.webhook({ object: "whatsapp_business_account", entry: [{ id: "300400500600700", changes: [{ field: "messages", value }] }] })
    return id
  }
})
