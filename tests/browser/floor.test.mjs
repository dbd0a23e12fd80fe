// The floor: a supervisor moves ten by mouse, by keyboard and with a thumb, takes that back, and another one sees it.

import assert from "node:assert/strict"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { faultsOf } from "./support/axe.mjs"
import { startBrowser } from "./support/browser.mjs"
import { startDemo } from "./support/demo.mjs"
import { KEEPS_PICTURES, NARROW, SCHEMES, WIDE, keepPicture, looksSound, settled } from "./support/look.mjs"
import { story } from "./support/story.mjs"

const CUSTOMERS = 12

/** Always open, and nobody of its team is there. */
const QUEUE = "Advice and repairs"

describe("the floor", () => {
  let demo, browser, grace, henrik, all

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
    grace = await Agent.signIn(browser, demo, "grace@example.com")
    henrik = await Agent.signIn(browser, demo, "henrik@example.com")
    await looksSound(grace.page, demo.inbox, { "floor-quiet": "/floor", "floor-quiet-wall": "/floor?wall" })
    await grace.page.setViewportSize(WIDE)
    await comesTo(grace)
    all = (await waiting(grace, QUEUE)) + CUSTOMERS
    await customersWait()
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "shows who waits, and what to do about a queue where nobody is", async () => {
    await comesTo(grace)
    await comesTo(henrik)
    await shows(grace, QUEUE, all)
    await grace.page.locator(".floor__alert--alarm", { hasText: `${QUEUE}: ${all} wait and nobody is here.` }).waitFor()
    await grace.page.locator(".floor__strip", { hasText: "Agents here" }).waitFor()
    assert.deepEqual(await faultsOf(grace.page), [])
  })

  story(() => browser, "moves ten by mouse, which another supervisor sees, and takes it back", async () => {
    const { page } = grace
    await panelOf(QUEUE).click()
    await page.locator("#floor-panel input[name=count]").fill("10")
    await page.locator("#floor-panel select[name=to]").selectOption({ label: (await optionOf(page, "Orders")) })
    await page.getByRole("button", { name: "Move", exact: true }).click()
    const toast = page.locator("#toast-floor", { hasText: `10 moved from ${QUEUE} to` })
    await toast.waitFor()
    await page.locator("#floor-panel section").waitFor({ state: "detached" })
    await shows(grace, QUEUE, all - 10)
    await shows(henrik, QUEUE, all - 10)
    await henrik.page.locator(".floor__act", { hasText: `Grace Mbeki: 10 moved from ${QUEUE}` }).waitFor()
    assert.equal(await henrik.page.locator(".floor__undo:visible").count(), 0, "only who did it takes it back")
    await page.locator(".floor__undo:visible").waitFor()
    await toast.getByRole("button", { name: "Undo" }).click()
    await page.locator("#toast-floor", { hasText: "10 are back where they were." }).waitFor()
    await shows(grace, QUEUE, all)
    await shows(henrik, QUEUE, all)
    await page.locator(".floor__act", { hasText: "Taken back: 10" }).waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "drags the oldest of a queue onto another one and onto an agent, what an agent holds onto a colleague, and takes it back", async () => {
    await comesTo(grace)
    const { page } = grace
    const orders = rowOf(grace, await nameOf(page, "Orders"))
    const before = Number(await orders.locator(".floor__count").textContent())
    await dragged(rowOf(grace, QUEUE), orders)
    await page.locator("#toast-floor", { hasText: `10 moved from ${QUEUE} to` }).waitFor()
    await shows(grace, QUEUE, all - 10)
    await page.keyboard.press("u")
    await shows(grace, QUEUE, all)
    assert.equal(Number(await orders.locator(".floor__count").textContent()), before)
    const farid = await held("Farid Haddad")
    await page.getByLabel("Drag the oldest").selectOption("5")
    await dragged(rowOf(grace, QUEUE), person("Farid Haddad"))
    await page.locator("#toast-floor", { hasText: `5 given from ${QUEUE} to Farid Haddad.` }).waitFor()
    await holds("Farid Haddad", farid + 5)
    await page.keyboard.press("u")
    await holds("Farid Haddad", farid)
    await shows(grace, QUEUE, all)
    const [from, to] = (await held("Ana Duarte")) > 0 ? ["Ana Duarte", "Farid Haddad"] : ["Chloe Lindqvist", "Farid Haddad"]
    const [had, has] = [await held(from), await held(to)]
    await dragged(person(from), person(to))
    await page.locator("#toast-floor", { hasText: `${had} handed from ${from} to ${to}.` }).waitFor()
    await holds(to, has + had)
    await page.keyboard.press("u")
    await holds(from, had)
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "lets go of what is dragged on Escape and where nothing takes it", async () => {
    await comesTo(grace)
    const { page } = grace
    const sent = []
    page.on("request", (request) => request.method() === "POST" && sent.push(request.url()))
    const grip = await rowOf(grace, QUEUE).locator(".floor__grip").boundingBox()
    await page.mouse.move(grip.x + 8, grip.y + 8)
    await page.mouse.down()
    await page.locator(".floor__chip", { hasText: `10 oldest of ${QUEUE}` }).waitFor()
    if (KEEPS_PICTURES) await keepPicture(page, "floor-drag")
    await page.keyboard.press("Escape")
    await page.locator(".floor__chip").waitFor({ state: "detached" })
    await page.mouse.up()
    await dragged(rowOf(grace, QUEUE), page.locator("h1"))
    assert.equal(await page.locator(".is-lifted, .is-target, .floor__chip").count(), 0)
    assert.deepEqual(sent, [])
  })

  story(() => browser, "moves ten by keyboard alone, and the focus comes back to where it was", async () => {
    const { page } = grace
    await panelOf(QUEUE).focus()
    await page.keyboard.press("Enter")
    await page.locator("#floor-panel input[name=count]:focus").waitFor()
    await page.keyboard.type("10")
    await page.keyboard.press("Tab")
    await page.locator("#floor-panel select:focus").waitFor()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.locator("#toast-floor", { hasText: `10 moved from ${QUEUE}` }).waitFor()
    await shows(grace, QUEUE, all - 10)
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Move….*Advice and repairs/)
    await page.keyboard.press("u")
    await shows(grace, QUEUE, all)
    await panelOf(QUEUE).click()
    await page.locator("#floor-panel section").waitFor()
    await page.keyboard.press("Escape")
    await page.locator("#floor-panel section").waitFor({ state: "detached" })
  })

  story(() => browser, "moves ten with a thumb at 360 px", async () => {
    const { page } = grace
    await page.setViewportSize(NARROW)
    await comesTo(grace)
    await panelOf(QUEUE).click()
    const move = page.getByRole("button", { name: "Move", exact: true })
    await move.waitFor()
    const fields = ["input[name=count]", "select[name=to]", "input[name=reason]", "select[name=minutes]"]
    const rest = ["Pause", "Drain"].map((name) => page.getByRole("button", { name, exact: true }))
    const typed = fields.map((field) => page.locator(`#floor-panel ${field}`))
    for (const target of [move, ...typed, ...rest, page.locator(".floor__close")]) {
      const box = await target.boundingBox()
      assert.ok(box.height >= 44 && box.x >= 0 && box.x + box.width <= NARROW.width, JSON.stringify(box))
    }
    assert.equal(await page.locator("#floor-panel input[name=count]").inputValue(), "10", "ten is what is offered")
    if (KEEPS_PICTURES) await keepPicture(page, "floor-panel-360")
    assert.deepEqual(await faultsOf(page), [])
    await move.click()
    await page.locator("#toast-floor", { hasText: "10 moved" }).waitFor()
    await shows(grace, QUEUE, all - 10)
    await page.locator("#toast-floor").getByRole("button", { name: "Undo" }).click()
    await shows(grace, QUEUE, all)
    await page.setViewportSize(WIDE)
  })

  story(() => browser, "drains an agent who came and was given what waited, sets them away, and takes that back", async () => {
    await comesTo(grace)
    await Agent.signIn(browser, demo, "ana@example.com")
    await presence("Ana Duarte", "online")
    await person("Ana Duarte").filter({ hasText: "8 of 8" }).waitFor()
    const held = 8
    const { page } = grace
    await person("Ana Duarte").getByRole("link").click()
    await page.getByRole("button", { name: "Return everything" }).click()
    await page.locator("#toast-floor", { hasText: `${held} of Ana Duarte are back in their queues. They are away.` }).waitFor()
    await presence("Ana Duarte", "away")
    await person("Ana Duarte").filter({ hasText: "0 of 8" }).waitFor()
    await page.locator("#toast-floor").getByRole("button", { name: "Undo" }).click()
    await presence("Ana Duarte", "online")
    await person("Ana Duarte").filter({ hasText: `${held} of 8` }).waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "is sound in alarm, wide and narrow, light and dark, with a panel open, and on a wall", async () => {
    await comesTo(grace)
    const queue = await panelOf(QUEUE).getAttribute("href")
    const agent = await person("Ana Duarte").getByRole("link").getAttribute("href")
    const pages = { floor: "/floor", "floor-queue": queue, "floor-person": agent, "floor-wall": "/floor?wall", "floor-today": "/floor/today", "floor-hand-over": "/floor/hand-over" }
    await looksSound(grace.page, demo.inbox, pages, { schemes: SCHEMES })
    await grace.page.setViewportSize(WIDE)
  })

  story(() => browser, "touches no cell that did not change, and moves no row under the pointer", async () => {
    await comesTo(grace)
    const { page } = grace
    // What comes first is all of it.
    const first = await waiting(grace, QUEUE)
    await customersWait(1)
    await shows(grace, QUEUE, first + 1)
    await page.evaluate(() => document.querySelectorAll(".floor__row, .floor__row > *").forEach((it) => (it.untouched = true)))
    await person("Farid Haddad").hover()
    const order = () => page.locator("#floor-people .floor__name").allTextContents()
    const before = await order()
    const base = await waiting(grace, QUEUE)
    await customersWait(1)
    await shows(grace, QUEUE, base + 1)
    const touched = await page.evaluate(() => [...document.querySelectorAll(".floor__row")].filter((row) => !row.untouched || [...row.children].some((cell) => !cell.untouched)).map((row) => row.id))
    assert.deepEqual(touched, [await rowOf(grace, QUEUE).getAttribute("id")])
    const kept = await rowOf(grace, QUEUE).evaluate((row) => [row, row.querySelector(".floor__name"), row.querySelector(".floor__hours"), row.querySelector(".floor__do")].every((it) => it.untouched))
    assert.ok(kept, "of a row that changed, only the cells that did are others")
    assert.deepEqual(await order(), before)
  })

  story(() => browser, "changes a row twice a second at most, however much happens, and has as many elements afterwards", async () => {
    await comesTo(grace)
    const { page } = grace
    const first = await waiting(grace, QUEUE)
    await customersWait(1)
    await shows(grace, QUEUE, first + 1)
    const row = await rowOf(grace, QUEUE).getAttribute("id")
    await page.evaluate((id) => {
      globalThis.changed = []
      const count = () => document.querySelectorAll(".floor__part *").length
      globalThis.elements = { count, before: count() }
      new MutationObserver(() => changed.push(performance.now())).observe(document.getElementById(id), { childList: true })
    }, row)
    await customersWait(3 * CUSTOMERS)
    await shows(grace, QUEUE, first + 1 + 3 * CUSTOMERS)
    const { changed, before, after } = await page.evaluate(() => ({ changed: globalThis.changed, before: elements.before, after: elements.count() }))
    const seconds = (changed.at(-1) - changed[0]) / 1_000
    assert.ok(changed.length <= 1 + seconds / 0.5, `${changed.length} in ${seconds} s`)
    // The row may say more of it now: what is late, and how long a wait is expected.
    assert.ok(Math.abs(after - before) <= 12, `${before} elements, and then ${after}`)
  })

  story(() => browser, "follows on the wall, and names nobody there", async () => {
    const { page } = henrik
    await page.goto(`${demo.inbox}/floor?wall`)
    await settled(page)
    const before = await waiting(henrik, QUEUE)
    await customersWait(2)
    await shows(henrik, QUEUE, before + 2)
    const words = await page.locator("main").textContent()
    for (const name of ["Ana", "Grace", "Henrik", "Diego"]) assert.ok(!words.includes(name), name)
    // The longest that a wait gets, on screens as they hang: no figure is cut.
    await page.evaluate(() => { document.querySelector("#floor-strip time").textContent = "23 h 59 min" })
    for (const width of [1024, 1280, 1440, 1720, 1920]) {
      await page.setViewportSize({ width, height: 768 })
      const isCut = (all) => all.filter((it) => it.scrollWidth > it.clientWidth || it.getBoundingClientRect().right > innerWidth).length
      assert.equal(await page.locator("#floor-strip dd").evaluateAll(isCut), 0, `${width}`)
    }
  })

  function person(name) {
    return grace.page.locator("#floor-people .floor__row").filter({ has: grace.page.locator(".floor__name", { hasText: name }) })
  }

  async function held(name) {
    return Number(/\d+/.exec(await person(name).locator(".floor__words").textContent())[0])
  }

  function holds(name, count) {
    return person(name).locator(".floor__words", { hasText: `${count} of 8` }).waitFor()
  }

  function presence(name, state) {
    return person(name).locator(`[data-presence="${state}"]`).waitFor()
  }

  function rowOf({ page }, name) {
    return page.locator("#floor-queues .floor__row").filter({ has: page.locator(".floor__name > bdi", { hasText: name }) })
  }

  function panelOf(name) {
    return rowOf(grace, name).getByRole("link")
  }

  async function waiting(agent, name) {
    return Number(await rowOf(agent, name).locator(".floor__count").textContent())
  }

  function shows(agent, name, count) {
    return rowOf(agent, name).locator(".floor__count", { hasText: new RegExp(`^${count}$`) }).waitFor()
  }

  /** As it is called whose name begins so. */
  async function nameOf(page, begins) {
    return page.locator("#floor-queues .floor__name > bdi", { hasText: begins }).first().textContent()
  }

  /** By the grip of a row, to the middle of another element. */
  async function dragged(row, onto) {
    const { page } = grace
    await row.evaluate((element) => element.scrollIntoView({ block: "center" }))
    const grip = await row.locator(".floor__grip").boundingBox()
    await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2)
    await page.mouse.down()
    await page.locator(".floor__chip").waitFor()
    // Near an edge the page would move on.
    await onto.evaluate((element) => element.scrollIntoView({ block: "center" }))
    const there = await onto.boundingBox()
    await page.mouse.move(there.x + 120, there.y + there.height / 2, { steps: 5 })
    await page.mouse.up()
    await page.locator(".floor__chip").waitFor({ state: "detached" })
  }

  async function optionOf(page, name) {
    return page.locator("#floor-panel select option", { hasText: name }).first().textContent().then((text) => text.trim())
  }

  async function comesTo(agent) {
    await agent.page.goto(`${demo.inbox}/floor`)
    await settled(agent.page)
  }

  /** Customers ask for somebody; nobody is there. */
  let customers = 0
  async function customersWait(count = CUSTOMERS) {
    for (let number = 0; number < count; number += 1) {
      customers += 1
      const who = `4477009${String(10_000 + customers)}`
      await demo.control.person(who, `Customer ${customers}`)
      await demo.control.writes(who, "agent")
    }
  }
})
