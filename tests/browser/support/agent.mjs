// An agent at the inbox: what a person does there and sees.

import { openPage } from "./browser.mjs"
import { PASSWORD } from "./demo.mjs"

export class Agent {
  /** Signs in on a page of its own. With scripts, waits until the page is live. */
  static async signIn(browser, demo, email, { view = "mine", ...options } = {}) {
    const page = await openPage(browser, options)
    const agent = new Agent(page, demo)
    await page.goto(`${demo.inbox}/inbox?view=${view}`)
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("form.form button").click()
    await page.locator(".rail").waitFor()
    if (options.javaScriptEnabled !== false) await agent.isLive()
    agent.name = await page.locator("body").getAttribute("data-user-name")
    agent.id = await page.locator("body").getAttribute("data-user")
    return agent
  }

  constructor(page, demo) {
    Object.assign(this, { page, demo })
    this.conversation = page.locator(".conversation")
    this.thread = page.locator("#items")
    this.answer = page.locator("#reply-text")
    this.standing = page.locator("#standing")
  }

  isLive() {
    return this.page.locator('.rail__light[data-connection="live"]').waitFor({ state: "attached" })
  }

  row(name) {
    return this.page.locator(".row").filter({ has: this.page.locator(".row__name", { hasText: name }) })
  }

  /** The one that is open already comes anew as well: until it has, it is still on its way, and keys do nothing to it. */
  async opens(name) {
    const before = (await this.conversation.count()) > 0 ? await this.conversation.elementHandle() : null
    await this.row(name).locator(".row__link").click()
    if (before) await this.page.waitForFunction((it) => !it.isConnected, before)
    await this.conversation.and(this.page.locator(`[data-contact="${name}"]`)).waitFor()
    await this.page.locator("#conversation[busy]").waitFor({ state: "detached" })
  }

  async shows(view) {
    await this.page.locator(`.tabs__tab[data-view="${view}"]`).click()
    await this.page.locator(`.list[data-list-view-value="${view}"]`).waitFor()
  }

  /** How the person stands to the open conversation: mine, other, queue, flow, resolved. */
  stands(stance) {
    return this.page.locator(`.conversation[data-stance="${stance}"]`).waitFor()
  }

  bubble(text) {
    return this.thread.locator(".message").filter({ hasText: text }).last()
  }

  /** Waits until everything in the thread has been in sight long enough to count as read. */
  async reads() {
    const conversation = await this.conversation.elementHandle()
    await this.page.waitForFunction((it) => Number(it.dataset.seen) >= Number(it.dataset.seq), conversation)
  }

  /** Loads the thread up to its beginning. */
  async readsAllOfIt() {
    const link = this.page.locator("#earlier")
    while (await link.count()) {
      const element = await link.elementHandle()
      await element.dispatchEvent("click")
      await this.page.waitForFunction((it) => !it.isConnected, element)
    }
  }

  async replies(text, { shown = text } = {}) {
    await this.reads()
    await this.page.locator('.composer__mode[data-mode="reply"]').click()
    await this.answer.fill(text)
    await this.answer.press("Enter")
    await this.bubble(shown).and(this.page.locator("[data-seq]")).waitFor()
  }

  async sendsPicture(bytes, caption = "") {
    await this.reads()
    await this.page.locator("#reply-form input[name=picture]").setInputFiles({ name: "photo.png", mimeType: "image/png", buffer: bytes })
    await this.page.locator(".composer__picture:visible img").waitFor()
    await this.answer.fill(caption)
    await this.page.locator(".composer__send:visible").click()
    await this.thread.locator('.message--outbound[data-kind="image"][data-seq]').last().waitFor()
  }

  async notes(text, { shown = text } = {}) {
    await this.page.locator('.composer__mode[data-mode="note"]').click()
    await this.page.locator("#note-text").fill(text)
    await this.page.locator("#note-text").press("Enter")
    await this.note(shown).and(this.page.locator("[data-seq]")).waitFor()
  }

  note(text) {
    return this.thread.locator(".note").filter({ hasText: text })
  }

  line(event) {
    return this.thread.locator(`.line[data-event="${event}"]`).last()
  }

  /** Waits until what was said has this status: queued, sending, sent, delivered, read, failed, unknown. */
  seesTicks(text, status) {
    return this.bubble(text).locator(`.ticks[data-status="${status}"]`).waitFor()
  }

  async takes() {
    await this.page.locator('.header [data-key="a"]:visible').click()
    await this.stands("mine")
  }

  async transfers(to, note) {
    await this.page.locator('.header [data-key="t"]:visible').click()
    await this.page.locator("#transfer .choice").filter({ hasText: to }).locator("input").check()
    await this.page.locator("#transfer textarea[name=note]").fill(note)
    await this.page.locator("#transfer .dialog__foot button").click()
  }

  async resolves() {
    await this.page.locator('.header [data-key="e"]:visible').click()
    await this.stands("resolved")
  }

  /** The brief as `{ label: answer }`. */
  async brief() {
    const answers = this.page.locator("#brief .brief__answers > div")
    await answers.first().waitFor()
    const pairs = await answers.evaluateAll((all) => all.map((one) => [one.querySelector("dt").textContent, one.querySelector("dd").textContent]))
    return Object.fromEntries(pairs.map((pair) => pair.map((text) => text.trim())))
  }
}
