// Every page, wide and narrow, light and dark, in both languages: nothing complains, nothing sticks out, and axe finds nothing grave.

import assert from "node:assert/strict"
import { mkdirSync } from "node:fs"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { faultsOf } from "./support/axe.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { Phone } from "./support/phone.mjs"
import { landscape } from "./support/pictures.mjs"
import { Requests } from "./support/requests.mjs"
import { story } from "./support/story.mjs"

const SIZES = [{ width: 1440, height: 900 }, { width: 1024, height: 768 }, { width: 360, height: 740 }]
const SCHEMES = ["light", "dark"]

/** BATON_PICTURES=folder keeps a picture of every page. */
const PICTURES = process.env.BATON_PICTURES

describe("every page", () => {
  let demo, browser, ana, iris, addresses

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    ana = await Agent.signIn(browser, demo, "ana@example.com")
    iris = await Agent.signIn(browser, demo, "iris@example.com")
    addresses = await setTheScene()
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "is sound for an agent, in English", () => looksSound(ana, agentPages()))
  story(() => browser, "is sound for an admin, in English", () => looksSound(iris, adminPages()))

  story(() => browser, "is sound with everything open that opens", async () => {
    const { page } = ana
    const faults = []
    for (const [colorScheme, size] of [["light", SIZES[0]], ["dark", SIZES[2]]]) {
      await page.setViewportSize(size)
      await page.emulateMedia({ colorScheme })
      await page.goto(`${demo.inbox}/conversations/${addresses.mine}`)
      await settled(page)
      for (const [name, open] of Object.entries(openings(page))) {
        await open()
        faults.push(...(await faultsOf(page)).map((fault) => `${name} at ${size.width}: ${fault}`))
        await keepPicture(page, `open-${name}-${size.width}`)
        await page.keyboard.press("Escape")
      }
    }
    assert.equal(faults.join("\n"), "")
  })

  story(() => browser, "is sound in Spanish", async () => {
    for (const agent of [ana, iris]) await speaks(agent, "es")
    await looksSound(ana, agentPages(), SIZES.slice(0, 1).concat(SIZES.slice(2)), ["light"])
    await looksSound(iris, adminPages(), SIZES.slice(2), ["light"])
    await ana.page.goto(`${demo.inbox}/inbox?view=resolved`)
    await ana.page.getByText("Resueltas").first().waitFor()
    for (const agent of [ana, iris]) await speaks(agent, "en")
  })

  story(() => browser, "is sound before anybody signed in", async () => {
    const page = await openPage(browser)
    await looksSound({ page }, { "sign-in": "/sign-in", reset: "/reset", "reset-over": "/reset/new?token=x", "error-404": "/sign-in/elsewhere" })
    await page.goto(`${demo.inbox}/sign-in`)
    await page.locator("input[name=email]").fill("ana@example.com")
    await page.locator("input[name=password]").fill("wrong")
    await page.locator("form.form button").click()
    await page.locator("[role=alert]").waitFor()
    page.faults.length = 0 // the browser complains of the refusal itself
    assert.deepEqual(await faultsOf(page), [])
    await page.context().close()
  })

  story(() => browser, "is sound on the phones' side", async () => {
    const page = await openPage(browser)
    const shown = { "phones": "/", "phones-two": "/?phones=447700900301,447700900302", "phones-one": "/phones/447700900301" }
    await looksSound({ page }, shown, SIZES, SCHEMES, demo.phones)
    await page.context().close()
  })

  function agentPages() {
    return {
      "inbox-mine": "/inbox?view=mine",
      "inbox-resolved": "/inbox?view=resolved",
      "conversation-mine": `/conversations/${addresses.mine}`,
      "conversation-other": `/conversations/${addresses.other}?view=all`,
      "conversation-queue": `/conversations/${addresses.queue}?view=unassigned`,
      "conversation-flow": `/conversations/${addresses.flow}?view=all`,
      "conversation-resolved": `/conversations/${addresses.resolved}?view=resolved`,
      "conversation-closed-window": `/conversations/${addresses.closed}?view=mine`,
      "error-404": "/conversations/00000000-0000-7000-8000-000000000000",
    }
  }

  function adminPages() {
    return {
      "inbox-empty": "/inbox?view=mine",
      quarantine: "/admin/quarantine",
      notices: "/admin/notices",
      "settings-start": "/settings/start",
      "settings-workspace": "/settings/workspace",
      "settings-numbers": "/settings/numbers",
      "settings-number": addresses.number,
      "settings-number-new": "/settings/numbers/new",
      "settings-number-disconnection": `${addresses.number}/disconnection`,
      system: "/system",
      "system-doctor": "/system/doctor",
      "system-quarantine": "/system/quarantine",
      "settings-people": "/settings/people",
      "settings-person": addresses.person,
      "settings-leaving": `${addresses.person}/leaving`,
      "settings-invitations": "/settings/invitations",
      "settings-newcomers": "/settings/newcomers",
      "settings-roles": "/settings/roles",
      "settings-teams": "/settings/teams",
      "settings-team": addresses.team,
      "settings-queues": "/settings/queues",
      "settings-queue": addresses.settingsQueue,
      "settings-security": "/settings/security",
      "settings-search": "/settings/search?q=team",
      "settings-brand": "/settings/brand",
      "settings-file": "/settings/file",
      "settings-flows": "/settings/flows",
      "settings-flow": addresses.settingsFlow,
      "settings-flow-edit": `${addresses.settingsFlow}/edit`,
      "settings-flow-new": "/settings/flows/new",
      "settings-flow-ready": "/settings/flows/new?ready=acknowledge",
      "settings-tags": "/settings/tags",
      "settings-tag": addresses.tag,
      "settings-fields": "/settings/fields",
      "settings-field": addresses.field,
      "settings-canned": "/settings/canned-replies",
      "settings-canned-one": addresses.canned,
      "settings-changes": "/settings/changes",
      profile: "/profile",
      "profile-sign-in": "/profile/sign-in",
      "profile-second-factor": "/profile/second-factor",
      "profile-sessions": "/profile/sessions",
    }
  }

  function openings(page) {
    const shown = (selector) => page.locator(selector).first().waitFor()
    return {
      transfer: () => page.locator('.header [data-key="t"]').click().then(() => shown("#transfer[open]")),
      keyboard: () => page.keyboard.press("?").then(() => shown("#shortcuts[open]")),
      details: async () => {
        const button = page.locator(".thread__details")
        if (await button.isVisible()) await button.click()
        await shown("#context")
      },
      canned: () => page.keyboard.press("/").then(() => shown("#canned-list:not([hidden])")),
      note: () => page.locator('.composer__mode[data-mode="note"]').click().then(() => shown("#note-text:focus")),
      picture: () => page.locator(".bubble__picture").first().click().then(() => shown("#lightbox[open] img")),
    }
  }

  async function looksSound({ page }, pages, sizes = SIZES, schemes = SCHEMES, address = demo.inbox) {
    const faults = []
    for (const [name, path] of Object.entries(pages)) {
      for (const size of sizes) {
        await page.setViewportSize(size)
        await page.emulateMedia({ colorScheme: schemes[0] })
        const response = await page.goto(address + path)
        await settled(page)
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme })
          const rules = colorScheme === schemes[0] ? undefined : ["color-contrast"]
          const found = (await faultsOf(page, { rules })).filter((fault) => response.status() < 400 || !fault.includes("Failed to load resource"))
          faults.push(...found.map((fault) => `${name} at ${size.width}, ${colorScheme}: ${fault}`))
          await keepPicture(page, `${name}-${size.width}-${colorScheme}`)
        }
      }
    }
    assert.equal(faults.join("\n"), "")
  }

  /** Everything of each kind there is a page for. */
  async function setTheScene() {
    const [eva, max] = [await Phone.open(browser, demo, "447700900301", "Eva Hart"), await Phone.open(browser, demo, "447700900302", "Max Gray")]
    await eva.writes("agent")
    await eva.hears("passing you on")
    await eva.sendsPicture(landscape(90))
    await ana.opens("Eva Hart")
    const byAna = await Requests.of(ana)
    const mine = await idOf(ana, "Eva Hart")
    await ana.thread.locator('[data-kind="image"] img').waitFor()
    await ana.replies("*Bold* and https://example.com/a/very/long/address/that/goes/on/and/on/without/any/break", { shown: "without/any/break" })
    await ana.notes("She has a _voucher_ from spring", { shown: "from spring" })
    await max.writes("hello")
    await max.hears("what is it about?")
    await ana.shows("all")
    const flow = await idOf(ana, "Max Gray")
    await ana.shows("queues")
    const other = await ana.page.locator(`.row[data-held-by=agent]:not([data-agent="${ana.id}"])`).first().getAttribute("data-conversation")
    await ana.shows("resolved")
    const [closed, resolved] = await resolvedLongAgo(2)
    assert.ok(await byAna.reopens(closed), "a conversation of the past is opened again")
    const queue = await waitingForBilling()
    await quarantined()
    await iris.page.goto(`${demo.inbox}/settings/teams`)
    const team = await iris.page.locator(".things__name").first().getAttribute("href")
    await iris.page.goto(`${demo.inbox}/settings/people`)
    const person = await iris.page.locator(".things__link").first().getAttribute("href")
    await iris.page.goto(`${demo.inbox}/settings/queues`)
    const settingsQueue = await iris.page.locator(".things__name").first().getAttribute("href")
    await iris.page.goto(`${demo.inbox}/settings/flows`)
    const settingsFlow = await iris.page.locator(".things__name").first().getAttribute("href")
    await iris.page.goto(`${demo.inbox}/settings/canned-replies`)
    const canned = await iris.page.locator(".things__name").first().getAttribute("href")
    await iris.page.goto(`${demo.inbox}/settings/numbers`)
    const number = await iris.page.locator(".things__name").first().getAttribute("href")
    await iris.page.goto(`${demo.inbox}/settings/tags`)
    const tag = await iris.page.locator(".things__name").first().getAttribute("href")
    await iris.page.goto(`${demo.inbox}/settings/fields`)
    const field = await iris.page.locator(".things__name").first().getAttribute("href")
    return { canned, tag, field, mine, flow, number, other, closed, resolved, queue, team, person, settingsQueue, settingsFlow }
  }

  /** Ana does not answer billing, and nobody else is there. */
  async function waitingForBilling() {
    const who = "447700900303"
    await demo.control.person(who, "Nils Holm")
    const phone = await Phone.open(browser, demo, who, "Nils Holm")
    await phone.writes("hi")
    await phone.hears("what is it about?")
    await phone.picks("billing")
    await phone.hears("invoice or order number")
    await phone.writes("agent")
    await ana.shows("unassigned")
    await ana.row("Nils Holm").waitFor()
    const id = await idOf(ana, "Nils Holm")
    await phone.page.context().close()
    return id
  }

  /** Conversations whose customers wrote more than a day ago. */
  function resolvedLongAgo(count) {
    const yesterday = (Date.now() - 3 * 86_400_000) * 1000
    const rows = ana.page.locator(".row")
    return rows.evaluateAll((all, [before, most]) => all.filter((row) => Number(row.dataset.at) < before).slice(0, most).map((row) => row.dataset.conversation), [yesterday, count])
  }

  function idOf(agent, name) {
    return agent.row(name).getAttribute("data-conversation")
  }

  async function quarantined() {
    await demo.control.webhook({ entry: [{ id: "300400500600700", changes: [
      { field: "messages", value: { messaging_product: "whatsapp", metadata: { phone_number_id: "200300400500600" }, messages: [{ id: 7 }] } },
      { field: "account_update", value: { event: "VERIFIED_ACCOUNT", phone_number: "442079460123" } },
    ] }] })
    await showsSomething("/admin/quarantine")
    await showsSomething("/admin/notices")
  }

  /** These pages are not live: they are loaded until what was sent has been looked at. */
  async function showsSomething(path) {
    for (let look = 0; look < 100; look += 1) {
      await iris.page.goto(demo.inbox + path)
      if (await iris.page.locator("tbody tr").count()) return
    }
    assert.fail(`${path} stays empty`)
  }

  async function speaks(agent, language) {
    await agent.page.goto(`${demo.inbox}/inbox`)
    await agent.page.setViewportSize(SIZES[0])
    await agent.page.locator(".rail__badge").click()
    await agent.page.locator(`.rail__languages [value=${language}]`).click()
    await agent.page.locator(`html[lang=${language}]`).waitFor()
  }

  /** Scripts have drawn what they draw. */
  async function settled(page) {
    await page.waitForLoadState("load")
    const light = page.locator(".rail__light")
    if (await light.count()) await page.locator('.rail__light[data-connection="live"]').waitFor({ state: "attached" })
    await page.evaluate(() => document.fonts.ready)
  }

  async function keepPicture(page, name) {
    if (!PICTURES) return
    mkdirSync(PICTURES, { recursive: true })
    await page.screenshot({ path: `${PICTURES}/${await page.evaluate(() => document.documentElement.lang)}-${name}.png` })
  }
})
