// The pictures of the administration guide, from a business that sets itself up while they are taken: node guide.mjs FOLDER

import { openPage, startBrowser } from "./support/browser.mjs"
import { startBare } from "./support/demo.mjs"
import { Owner, PASSWORD } from "./support/owner.mjs"
import { Phone } from "./support/phone.mjs"
import { Shots } from "./support/shots.mjs"

const [folder = "docs/screens/administration"] = process.argv.slice(2)
const shots = new Shots(folder, 170_000)
const WIDE = { width: 1200, height: 780 }
const BEN = ["ben@lamps.example", "Ben Okafor"]

const bare = await startBare({ environment: { BATON_NODE: "inbox-1" } })
const browser = await startBrowser()
try {
  await begins()
  const owner = await Owner.begins(browser, bare)
  const { page } = owner
  await page.setViewportSize(WIDE)
  await shots.keep(page, "first-steps")
  await numbers(owner)
  await people(owner)
  await queue(owner)
  await words(owner)
  await flow(owner)
  await whole(owner)
  await onASmallScreen(owner)
} finally {
  await browser.close()
  await bare.stop()
}

async function begins() {
  const page = await openPage(browser, { viewport: WIDE, timezoneId: "Europe/Madrid" })
  await page.goto(bare.begin)
  await page.getByLabel("Your name").fill("Olga Ortega")
  await page.getByLabel("E-mail").fill("olga@lamps.example")
  await page.getByRole("textbox", { name: "Workspace" }).fill("Lamp Shop")
  await shots.keep(page, "begin")
  await page.context().close()
}

async function numbers(owner) {
  const { page } = owner
  await owner.connects("Main line", { halfway: () => shots.keep(page, "number-steps") })
  await shots.keep(page, "number")
}

async function people(owner) {
  const { page } = owner
  await owner.goes("/settings/teams")
  await page.getByLabel("New team").fill("Lamps")
  await page.getByRole("button", { name: "Add" }).click()
  await page.locator("h1", { hasText: "Lamps" }).waitFor()
  await owner.goes("/settings/invitations")
  await page.getByLabel("Lamps").check()
  await page.getByRole("button", { name: "Make a link to copy" }).click()
  const link = await page.locator("#link input").inputValue()
  await shots.keep(page, "invitation")
  const other = await openPage(browser)
  await other.goto(link)
  await other.getByLabel("E-mail").fill(BEN[0])
  await other.getByLabel("Your name").fill(BEN[1])
  await other.getByLabel("Password").fill(PASSWORD)
  await other.locator("form.form button").click()
  await other.locator(".rail").waitFor()
  await owner.goes("/settings/people")
  await page.locator(".things__link", { hasText: BEN[1] }).waitFor()
  await shots.keep(page, "people")
  await owner.goes("/settings/roles")
  await shots.keep(page, "roles")
}

async function queue(owner) {
  const { page } = owner
  await owner.goes("/settings/queues")
  await page.getByLabel("New queue").fill("Lamp questions")
  await page.locator("form.form--line select[name=team]").selectOption({ label: "Lamps" })
  await page.getByRole("button", { name: "Add", exact: true }).click()
  await page.locator("h1", { hasText: "Lamp questions" }).waitFor()
  await page.getByLabel("By the week").check()
  for (const day of ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]) {
    await page.getByRole("button", { name: `Add hours, ${day}` }).click()
    await page.getByLabel(`${day}, from`).last().fill("9:00")
    await page.getByLabel(`${day}, to`).last().fill("18:00")
  }
  await page.getByLabel("Another time").fill("2030-12-24T20:00")
  await page.locator(".told__one", { hasText: "24 December, 20:00" }).locator(".told__words", { hasText: "tomorrow" }).waitFor()
  await from(page.getByLabel("By the week"))
  await shots.keep(page, "queue")
  await page.getByRole("button", { name: "Save" }).last().click()
  await page.locator(".done button").waitFor()
}

async function words(owner) {
  const { page } = owner
  const sam = await Phone.open(browser, bare, "447700900402", "Sam Hale")
  await sam.writes("Is the desk lamp back?")
  await owner.goes("/inbox?view=all")
  await page.locator(".row__name", { hasText: "Sam Hale" }).waitFor()
  await owner.goes("/settings/canned-replies")
  await page.locator("input[name=shortcut]").fill("welcome")
  await page.locator("textarea[name=body]").fill("Hello {{contact.first_name|there}}, I am {{agent.first_name}}. Which room is it for?")
  await page.getByRole("button", { name: "Add", exact: true }).click()
  await page.locator("h1", { hasText: "/welcome" }).waitFor()
  await page.locator(".told__words--whole").waitFor()
  await shots.keep(page, "canned-reply")

  for (const [name, colour] of [["Complaint", "Red"], ["Reading lamps", "Teal"]]) {
    await owner.goes("/settings/tags")
    await page.getByLabel("New tag").fill(name)
    await page.locator("form select[name=colour]").first().selectOption({ label: colour })
    await page.getByRole("button", { name: "Add", exact: true }).click()
    await page.locator(".things__name", { hasText: name }).waitFor()
  }
  await shots.keep(page, "tags")
  await owner.goes("/settings/fields")
  await page.getByLabel("Label").fill("Room")
  await page.getByLabel("What stands in it").selectOption({ label: "Choice" })
  await page.getByLabel("Choices").fill("Living room\nBedroom\nStudy")
  await page.getByRole("button", { name: "Add", exact: true }).click()
  await page.locator("h1", { hasText: "Room" }).waitFor()
  await shots.keep(page, "field")
}

async function flow(owner) {
  const { page } = owner
  await owner.goes("/settings/flows/new?ready=lead")
  await page.getByLabel("Name").fill("Who wants a lamp")
  await page.getByLabel("It speaks").selectOption({ label: "English" })
  for (const name of ["sales", "support"]) await page.locator(`[name=queue_${name}]`).selectOption({ label: "Lamp questions" })
  await page.getByRole("button", { name: "Begin" }).click()
  await page.locator("#problems", { hasText: "Nothing is wrong with it." }).waitFor()
  await page.locator(".drawing__node").first().waitFor()
  await page.locator(".code__line .code__key").first().waitFor()
  const phone = page.locator("#phone")
  await phone.getByLabel("Write a message").fill("Hi, I need a lamp")
  await phone.getByLabel("Write a message").press("Enter")
  await phone.locator("button", { hasText: /new/i }).first().waitFor()
  await page.setViewportSize({ width: 1280, height: 1180 })
  await from(page.locator("h1"), "end")
  await shots.keep(page, "flow")
  await page.setViewportSize(WIDE)
  await publishes(page)
  await page.getByRole("link", { name: "Write it" }).click()
  const text = await page.locator("#text").inputValue()
  await page.locator("#text").fill(text.replace("nice that you write to us.", "this is the Lamp Shop."))
  await page.locator("#draft-state", { hasText: "Other than version 1" }).waitFor()
  await page.getByRole("button", { name: "Publish…" }).click()
  await page.locator(".difference ins", { hasText: "Lamp Shop" }).first().waitFor()
  await page.mouse.move(600, 600)
  await shots.keep(page, "publication", { clip: { x: 0, y: 0, width: WIDE.width, height: 420 } })
  await page.getByRole("button", { name: "Publish", exact: true }).click()
  await page.locator(".version", { hasText: "Version 2" }).getByText("Published").waitFor()
  await owner.goes("/settings/numbers")
  await page.getByRole("link", { name: "Main line" }).click()
  await page.locator("select[name=flow]").selectOption({ label: "Who wants a lamp" })
  await page.locator("select[name=queue]").selectOption({ label: "Lamp questions" })
  await page.getByRole("button", { name: "Save" }).last().click()
  await page.locator(".done button").waitFor()
  const nora = await Phone.open(browser, bare, "447700900401", "Nora Fell")
  await nora.writes("Hi, I need a lamp")
  await nora.hears("this is the Lamp Shop.")
}

async function publishes(page) {
  await page.getByRole("button", { name: "Publish…" }).click()
  await page.getByRole("button", { name: "Publish", exact: true }).click()
  await page.locator(".version", { hasText: "Version 1" }).getByText("Published").waitFor()
}

async function whole(owner) {
  const { page } = owner
  await owner.goes("/settings/security")
  await shots.keep(page, "security")
  const yaml = "format: baton.workspace/v1\nteams:\n  - name: Lamps\n  - name: Shades\n"
  await owner.goes("/settings/file")
  await page.locator("input[type=file]").setInputFiles({ name: "workspace.yaml", mimeType: "application/yaml", buffer: Buffer.from(yaml) })
  await page.locator("form:has(input[type=file]) button").last().click()
  await page.locator("#plan .plan, #faults").first().waitFor()
  await shots.keep(page, "file")
  await owner.goes("/settings/changes")
  await from(page.getByText("127.0.0.1").first())
  await shots.keep(page, "changes")
  await owner.goes("/system")
  await page.emulateMedia({ colorScheme: "dark" })
  await shots.keep(page, "system-dark")
  await page.emulateMedia({ colorScheme: "light" })
}

async function onASmallScreen(owner) {
  const page = await openPage(browser, {
    viewport: { width: 360, height: 740 }, storageState: await owner.page.context().storageState(),
  })
  await page.goto(`${bare.inbox}/settings/start`)
  await shots.keep(page, "first-steps-phone")
}

/** Scrolls until something is in sight: at the top, unless `block` says where. */
function from(element, block = "start") {
  return element.evaluate((it, block) => it.scrollIntoView({ block }), block)
}
