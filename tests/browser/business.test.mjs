// A business sets itself up: from an empty database to the first customer answered, on pages alone; with a mouse, and with keys alone.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
import { startBare } from "./support/demo.mjs"
import { keys, mouse } from "./support/hands.mjs"
import { Mailbox } from "./support/mailbox.mjs"
import { Owner, PASSWORD } from "./support/owner.mjs"
import { Phone } from "./support/phone.mjs"
import { story } from "./support/story.mjs"

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

for (const [how, hands] of Object.entries({ "a mouse": mouse, "keys alone": keys })) {
  describe(`a business that sets itself up with ${how}`, () => {
    let browser, mailbox, bare, owner, ben, phone

    before(async () => {
      mailbox = await Mailbox.start()
      const starting = startBare({ environment: mailbox.settings })
      browser = await startBrowser()
      bare = await starting
    })

    after(async () => {
      await browser?.close()
      await bare?.stop()
      mailbox?.stop()
    })

    story(() => browser, "begins, connects its number, and makes a team", async () => {
      owner = await Owner.begins(browser, bare, { hands })
      await owner.connects()
      const { page } = owner
      await owner.goes("/settings/teams")
      await hands.fill(page.getByLabel("New team"), "Lamps")
      await hands.press(page.getByRole("button", { name: "Add" }))
      await page.locator("h1", { hasText: "Lamps" }).waitFor()
    })

    story(() => browser, "invites one by mail and one by a link, and both come", async () => {
      const { page } = owner
      await owner.goes("/settings/invitations")
      await hands.fill(page.getByLabel("E-mail"), "ben@lamps.example")
      await hands.tick(page.getByLabel("Lamps"))
      await hands.press(page.getByRole("button", { name: "Send by e-mail" }))
      const mail = await mailbox.mailTo("ben@lamps.example")
      ben = await comes(/https?:\S+/.exec(mail.text)[0], "Ben Okafor")

      await owner.goes("/settings/invitations")
      await hands.press(page.getByRole("button", { name: "Make a link to copy" }))
      const link = await page.locator("#link input").inputValue()
      await comes(link, "Mia Sanz", "mia@lamps.example")
      await owner.goes("/settings/people")
      for (const name of ["Ben Okafor", "Mia Sanz"]) await page.locator(".things__link", { hasText: name }).waitFor()
    })

    story(() => browser, "opens a queue by hours of its own", async () => {
      const { page } = owner
      await owner.goes("/settings/queues")
      await hands.fill(page.getByLabel("New queue"), "Lamp questions")
      await hands.choose(page.locator("form.form--line select[name=team]"), "Lamps")
      await hands.press(page.getByRole("button", { name: "Add", exact: true }))
      await page.locator("h1", { hasText: "Lamp questions" }).waitFor()
      await hands.tick(page.getByLabel("By the week"))
      for (const [day, from, to] of DAYS.flatMap((day) => [[day, "0:00", "12:00"], [day, "12:00", "24:00"]])) {
        await hands.press(page.getByRole("button", { name: `Add hours, ${day}` }))
        await hands.fill(page.getByLabel(`${day}, from`).last(), from)
        await hands.fill(page.getByLabel(`${day}, to`).last(), to)
      }
      await page.locator(".told__words", { hasText: "within 15 minutes" }).first().waitFor()
      await hands.press(page.getByRole("button", { name: "Save" }).last())
      await page.locator(".done button").waitFor()
    })

    story(() => browser, "changes a ready flow, publishes it, and lets it speak for the number", async () => {
      const { page } = owner
      await owner.goes("/settings/flows/new?ready=lead")
      await hands.fill(page.getByLabel("Name"), "Who wants a lamp")
      await hands.choose(page.getByLabel("It speaks"), "English")
      await hands.choose(page.locator("[name=queue_sales]"), "Lamp questions")
      await hands.choose(page.locator("[name=queue_support]"), "Lamp questions")
      await hands.press(page.getByRole("button", { name: "Begin" }))
      await page.locator("#problems", { hasText: "Nothing is wrong with it." }).waitFor()
      const text = await page.locator("#text").inputValue()
      await hands.fill(page.locator("#text"), text.replace("nice that you write to us.", "this is the Lamp Shop."))
      await page.locator("#draft-state", { hasText: "Kept" }).waitFor()
      await hands.press(page.getByRole("button", { name: "Publish…" }))
      await hands.press(page.getByRole("button", { name: "Publish", exact: true }))
      await page.locator(".version", { hasText: "Version 1" }).getByText("Published").waitFor()

      await owner.goes("/settings/numbers")
      await hands.press(page.getByRole("link", { name: "Main line" }))
      await hands.choose(page.locator("select[name=flow]"), "Who wants a lamp")
      await hands.choose(page.locator("select[name=queue]"), "Lamp questions")
      await hands.press(page.getByRole("button", { name: "Save" }).last())
      await page.locator(".done button").waitFor()
    })

    story(() => browser, "prepares an answer", async () => {
      const { page } = owner
      await owner.goes("/settings/canned-replies")
      await hands.fill(page.locator("input[name=shortcut]"), "welcome")
      await hands.fill(page.locator("textarea[name=body]"), "Hello {{contact.first_name|there}}, I am {{agent.first_name}}. Which room is it for?")
      await hands.press(page.getByRole("button", { name: "Add", exact: true }))
      await page.locator("h1", { hasText: "/welcome" }).waitFor()
    })

    story(() => browser, "answers its first customer, qualified and brought to whom it invited", async () => {
      phone = await Phone.open(browser, bare, "447700900401", "Nora Fell")
      await phone.writes("Hi, I need a lamp")
      await phone.hears("Hello Nora, this is the Lamp Shop.")
      await phone.taps("new")
      await phone.hears("What are you looking for?")
      await phone.writes("A reading lamp")
      await phone.hears("When do you need it?")
      await phone.taps("now")
      await phone.hears("And roughly with which budget?")
      await phone.picks("small")
      await phone.hears("To which e-mail address")
      await phone.writes("nora@example.com")
      await phone.hears("Thank you, that helps.")

      const agent = new Agent(ben, bare)
      await agent.row("Nora Fell").waitFor()
      await hands.press(agent.row("Nora Fell").locator(".row__link"))
      await agent.stands("mine")
      await hands.fill(agent.answer, "/wel")
      await ben.locator(".composer__option", { hasText: "/welcome" }).waitFor()
      await ben.keyboard.press("Enter")
      await ben.waitForFunction(() => document.querySelector("#reply-text").value.startsWith("Hello Nora"))
      await ben.keyboard.press("Enter")
      await phone.hears("Hello Nora, I am Ben. Which room is it for?")
      // The owner leaves pages by their address, also while something still comes to them.
      const faults = owner.page.faults.filter((fault) => !fault.includes("Failed to fetch"))
      assert.deepEqual(faults.concat(ben.faults, phone.page.faults), [])
    })

    story(() => browser, "has done every first step", async () => {
      await owner.goes("/settings/start")
      for (const step of ["number", "webhook", "talk", "team", "hours", "flow", "people"]) assert.equal(await owner.hasDone(step), true, step)
    })

    /** Somebody follows the link of an invitation, on a page of their own. */
    async function comes(link, name, email) {
      const page = await openPage(browser)
      await page.goto(link)
      await hands.fill(page.getByLabel("Your name"), name)
      if (email) await hands.fill(page.getByLabel("E-mail"), email)
      await hands.fill(page.getByLabel("Password"), PASSWORD)
      await hands.press(page.locator("form.form button"))
      await page.locator(".rail").waitFor()
      return page
    }
  })
}
