// Every page, wide and narrow, light and dark, in both languages: nothing complains, nothing sticks out, and axe finds nothing grave.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { adminPages } from "./support/admin_pages.mjs"
import { Agent } from "./support/agent.mjs"
import { faultsOf } from "./support/axe.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { NARROW, WIDE, keepPicture, looksSound, settled } from "./support/look.mjs"
import { Phone } from "./support/phone.mjs"
import { landscape } from "./support/pictures.mjs"
import { Requests } from "./support/requests.mjs"
import { story } from "./support/story.mjs"

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

  story(() => browser, "is sound for an agent, in English", () => looksSound(ana.page, demo.inbox, agentPages()))
  story(() => browser, "is sound for an admin, in English", async () => looksSound(iris.page, demo.inbox, await pagesOfIris()))

  story(() => browser, "is sound with everything open that opens", async () => {
    const { page } = ana
    const faults = []
    for (const [colorScheme, size] of [["light", WIDE], ["dark", NARROW]]) {
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
    await looksSound(ana.page, demo.inbox, agentPages(), { sizes: [WIDE, NARROW], schemes: ["light"] })
    await looksSound(iris.page, demo.inbox, await pagesOfIris(), { sizes: [NARROW], schemes: ["light"] })
    await ana.page.goto(`${demo.inbox}/inbox?view=resolved`)
    await ana.page.getByText("Resueltas").first().waitFor()
    for (const agent of [ana, iris]) await speaks(agent, "en")
  })

  story(() => browser, "is sound before anybody signed in", async () => {
    const page = await openPage(browser)
    await looksSound(page, demo.inbox, { "sign-in": "/sign-in", reset: "/reset", "reset-over": "/reset/new?token=x", "error-404": "/sign-in/elsewhere" })
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
    await looksSound(page, demo.phones, shown)
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

  async function pagesOfIris() {
    return { "inbox-empty": "/inbox?view=mine", ...(await adminPages(iris.page, demo.inbox, { without: ["/settings/roles"] })) }
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
    return { mine, flow, other, closed, resolved, queue }
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
    await agent.page.setViewportSize(WIDE)
    await agent.page.locator(".rail__badge").click()
    await agent.page.locator(`.rail__languages [value=${language}]`).click()
    await agent.page.locator(`html[lang=${language}]`).waitFor()
  }
})
