// Settings: what a colleague changed is there at once, never over what somebody types, and everything goes without a mouse.

import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { Gate } from "./support/gate.mjs"
import { story } from "./support/story.mjs"

describe("settings", () => {
  let demo, browser, iris, other

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

  story(() => browser, "make a team, fill it, and take that back, by keyboard alone", async () => {
    const { page } = iris
    await page.locator('.rail__place[href="/settings"]').focus()
    await page.keyboard.press("Enter")
    await page.locator('.settings__place[href="/settings/teams"]').focus()
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: "Teams" }).waitFor()
    await page.getByLabel("New team").focus()
    await page.keyboard.type("Night shift")
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: "Night shift" }).waitFor()
    await page.locator(".done button").waitFor()
    await page.getByLabel("Ana").first().focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.locator(".act__line", { hasText: "Changed Ana" }).waitFor()
    assert.equal(await page.getByLabel("Ana").first().isChecked(), true)
    await page.locator(".done button").focus()
    await page.keyboard.press("Enter")
    await page.waitForFunction(() => !document.querySelector('input[name="person"]:checked'))
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "show at once what a colleague changed, and leave what is typed", async () => {
    await other.page.goto(iris.page.url())
    await other.isLive()
    await renames(iris.page, "Late shift")
    await other.page.locator("h1", { hasText: "Late shift" }).waitFor()
    const name = other.page.locator('.form:not(.form--line) input[name="name"]')
    await name.fill("My own word")
    assert.equal(await other.page.getByText("What you typed stays here").isVisible(), false)
    await renames(iris.page, "Dawn shift")
    await other.page.getByText("What you typed stays here").waitFor()
    assert.equal(await name.inputValue(), "My own word")
    await name.press("Enter")
    await other.page.locator(".refusal", { hasText: "changed this while you were looking" }).waitFor()
    await other.page.locator(".field__now", { hasText: "Dawn shift" }).waitFor()
    assert.equal(await name.inputValue(), "My own word")
    await name.press("Enter")
    await iris.page.locator("h1", { hasText: "My own word" }).waitFor()
    assert.deepEqual(iris.page.faults, [])
  })

  story(() => browser, "stay where one is when a colleague changed something, and keep what one begins meanwhile", async () => {
    const { page } = other
    await page.setViewportSize({ width: 1440, height: 400 })
    await page.goto(iris.page.url())
    await other.isLive()
    await page.getByRole("button", { name: "Save" }).last().focus()
    const from = await page.locator("main").evaluate((main) => {
      main.scrollTop = 50
      return main.scrollTop
    })
    assert.ok(from > 0)
    await renames(iris.page, "Noon shift")
    await page.locator("h1", { hasText: "Noon shift" }).waitFor()
    await page.waitForFunction(() => document.activeElement?.textContent.trim() === "Save")
    assert.equal(await page.locator("main").evaluate((main) => main.scrollTop), from)

    const name = page.locator('.form:not(.form--line) input[name="name"]')
    await page.route(page.url(), async (route) => {
      await name.fill("Begun meanwhile")
      await name.blur()
      await route.continue()
    }, { times: 1 })
    await renames(iris.page, "My own word")
    await page.getByText("What you typed stays here").waitFor()
    assert.equal(await name.inputValue(), "Begun meanwhile")
    await page.setViewportSize({ width: 1440, height: 900 })
    assert.deepEqual(page.faults.filter((fault) => !fault.includes("409")), [])
  })

  story(() => browser, "keep what was chosen where nothing was before, and what is begun while a page is about to be shown", async () => {
    const { page } = other
    await page.goto(`${demo.inbox}/settings/queues`)
    await other.isLive()
    const team = page.locator("form.form--line select[name=team]")
    const chosen = await team.locator("option").last().getAttribute("value")
    await team.selectOption(chosen)
    await page.evaluate(() => document.activeElement.blur())
    await renames(iris.page, "Noon shift")
    await page.getByText("What you typed stays here").waitFor()
    assert.equal(await team.inputValue(), chosen)

    await page.goto(iris.page.url())
    await other.isLive()
    const name = page.locator('.form:not(.form--line) input[name="name"]')
    await name.evaluate((input) => document.addEventListener("turbo:before-render", () => (input.value = "Begun at last"), { once: true }))
    await renames(iris.page, "Dusk shift")
    await page.getByText("What you typed stays here").waitFor()
    assert.equal(await name.inputValue(), "Begun at last")
    await name.fill("Noon shift")
    await name.blur()
    await renames(iris.page, "My own word")
    await page.locator("h1", { hasText: "My own word" }).waitFor()
    assert.deepEqual(page.faults.filter((fault) => !fault.includes("409")), [])
  })

  story(() => browser, "bring nobody back who has gone on while a colleague's change was being read", async () => {
    const { page } = other
    await page.goto(iris.page.url())
    await other.isLive()
    const address = page.url()
    const [reading, going] = [await Gate.before(page, address), await Gate.before(page, "**/settings/queues")]
    await renames(iris.page, "Dusk shift")
    await reading.reached()
    await page.locator('.settings__place[href="/settings/queues"]').click()
    await going.reached()
    const isRead = page.waitForResponse(address)
    await reading.opens()
    await (await isRead).finished()
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    await going.opens()
    await page.locator("h1", { hasText: "Queues" }).waitFor()
    await renames(iris.page, "My own word")
    assert.deepEqual(page.faults.filter((fault) => !fault.includes("409")), [])
  })

  story(() => browser, "invite somebody by a link, who comes, works, and is let go at once", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/people`)
    await page.getByRole("link", { name: "Invite somebody" }).click()
    await page.getByRole("button", { name: "Make a link to copy" }).click()
    const link = await page.locator("#link input").inputValue()
    await iris.isLive()
    await page.evaluate(() => {
      navigator.clipboard.writeText = async (text) => void (document.body.dataset.copied = text)
    })
    await page.getByRole("button", { name: "Copy Link of the invitation" }).focus()
    await page.keyboard.press("Enter")
    await page.getByRole("button", { name: "Copied Link of the invitation" }).waitFor()
    assert.equal(await page.locator("body").getAttribute("data-copied"), link)
    assert.equal(await page.evaluate(() => document.activeElement.localName), "button")
    await other.page.goto(`${demo.inbox}/settings/teams`)
    await other.page.getByRole("link", { name: "My own word" }).click()
    await renames(other.page, "Early shift")
    await page.getByText("What you typed stays here").waitFor()
    assert.equal(await page.locator("#link input").inputValue(), link, "it is shown this once")
    const newcomer = await openPage(browser)
    await newcomer.goto(link)
    await newcomer.getByLabel("Your name").fill("Noor Haddad")
    await newcomer.getByLabel("E-mail").fill("noor@example.com")
    await newcomer.getByLabel("Password").fill("umbrella lantern river")
    await newcomer.getByRole("button", { name: "Begin" }).click()
    await newcomer.waitForURL(/\/inbox/)
    await page.goto(`${demo.inbox}/settings/people?q=noor`)
    await page.getByRole("link", { name: "Noor Haddad" }).click()
    await page.getByLabel("Conversations at once").fill("3")
    await page.getByRole("button", { name: "Save" }).click()
    await page.locator(".done button").waitFor()
    await page.getByRole("link", { name: "Deactivate…" }).click()
    await page.getByText("0 open conversations").waitFor()
    await page.getByRole("button", { name: "Deactivate" }).click()
    await page.getByRole("button", { name: "Let them in again" }).waitFor()
    await newcomer.waitForURL(/\/sign-in/)
    assert.deepEqual(page.faults, [])
    await newcomer.context().close()
  })

  story(() => browser, "take the workspace file away, bring it back changed, and take that back", async () => {
    const { page } = iris
    await page.goto(`${demo.inbox}/settings/file`)
    const taken = page.waitForEvent("download")
    await page.getByRole("button", { name: "Download" }).click()
    const text = await readFile(await (await taken).path(), "utf8")
    assert.match(text, /name: Early shift/)
    await page.getByLabel("File", { exact: true }).setInputFiles(fileOf(text.replaceAll("Early shift", "Noon shift")))
    await page.getByRole("button", { name: "Look at what would change" }).click()
    await page.locator("#plan .act__line", { hasText: "Noon shift" }).waitFor()
    await other.page.goto(`${demo.inbox}/settings/teams`)
    await other.page.getByLabel("New team").fill("Somebody else's")
    await other.page.keyboard.press("Enter")
    await other.page.locator(".done button").waitFor()
    await page.getByText("What you typed stays here").waitFor()
    await other.page.locator(".done button").click()
    await other.page.locator("h1", { hasText: "Teams" }).waitFor()
    await page.getByLabel("File", { exact: true }).setInputFiles(fileOf(text.replaceAll("Early shift", "Noon shift")))
    await page.getByRole("button", { name: "Look at what would change" }).click()
    await page.getByRole("button", { name: "Apply all of it" }).click()
    await page.locator("h1", { hasText: "Changes" }).waitFor()
    await page.goto(`${demo.inbox}/settings/teams`)
    await page.getByRole("link", { name: "Noon shift" }).waitFor()
    await page.goBack()
    const undo = await page.locator(".done button").elementHandle()
    await undo.click()
    await page.waitForFunction((it) => !it.isConnected, undo)
    await page.goto(`${demo.inbox}/settings/teams`)
    await page.getByRole("link", { name: "Early shift" }).waitFor()
    assert.deepEqual(page.faults, [])
  })

  function fileOf(text) {
    return { name: "workspace.yaml", mimeType: "application/yaml", buffer: Buffer.from(text) }
  }

  async function renames(page, name) {
    await page.locator('.form:not(.form--line) input[name="name"]').fill(name)
    await page.keyboard.press("Enter")
    await page.locator("h1", { hasText: name }).waitFor()
  }
})
