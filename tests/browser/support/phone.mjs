// A simulated phone in a browser: what a customer does and sees.

import { openPage } from "./browser.mjs"

export class Phone {
  /** Opens the phone of `waId` on a page of its own. */
  static async open(browser, demo, waId, name) {
    await demo.control.person(waId, name, { auto_read: false })
    const page = await openPage(browser, { viewport: { width: 900, height: 900 } })
    await page.goto(`${demo.phones}/phones/${waId}`)
    const phone = new Phone(page, waId, name)
    await phone.compose.waitFor()
    return phone
  }

  constructor(page, waId, name) {
    Object.assign(this, { page, waId, name })
    this.element = page.locator(`.phone[data-wa-id="${waId}"]`)
    this.compose = this.element.locator("form.compose input[name=text]")
  }

  async writes(text) {
    await this.compose.fill(text)
    await this.compose.press("Enter")
    await this.element.locator(".bubble.is-out").filter({ hasText: text }).last().waitFor()
  }

  async sendsPicture(bytes, name = "photo.png") {
    await this.element.locator("input[name=picture]").setInputFiles({ name, mimeType: "image/png", buffer: bytes })
    await this.element.locator('.bubble.is-out[data-type="image"]').last().waitFor()
  }

  async picks(rowId) {
    await this.element.locator(".list-open").last().click()
    await this.element.locator(`.sheet .list-row[data-row-id="${rowId}"]`).click()
  }

  async taps(replyId) {
    await this.element.locator(`.reply-button[data-reply-id="${replyId}"]`).last().click()
  }

  /** Waits for something the business says. */
  hears(text) {
    return this.element.locator(".bubble.is-in").filter({ hasText: text }).first().waitFor()
  }

  seesPicture() {
    return this.element.locator('.bubble.is-in[data-type="image"] img').first().waitFor()
  }

  seesTyping() {
    return this.element.locator(".presence[data-typing]").waitFor()
  }

  async switches(name) {
    const knob = this.element.locator(`[data-switch=${name}]`)
    const before = await knob.getAttribute("aria-pressed")
    await knob.click()
    await this.element.locator(`[data-switch=${name}][aria-pressed="${before !== "true"}"]`).waitFor()
  }

  async leavesChat() {
    await this.element.locator(".chat-back").click()
    await this.element.locator(".chat-row").waitFor()
  }

  async entersChat() {
    await this.element.locator(".chat-row").first().click()
    await this.compose.waitFor()
  }

  /** How often the business said this. */
  heard(text) {
    return this.element.locator(".bubble.is-in").filter({ hasText: text }).count()
  }
}
