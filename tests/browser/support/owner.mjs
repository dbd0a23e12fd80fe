// Whoever begins: the first account and workspace, and a number, made on pages alone.

import { openPage } from "./browser.mjs"
import { mouse } from "./hands.mjs"

export class Owner {
  /** Opens the address that was printed, and makes the first account and workspace. */
  static async begins(browser, bare, { hands = mouse } = {}) {
    const page = await openPage(browser)
    await page.goto(bare.begin)
    await hands.fill(page.getByLabel("Your name"), "Olga Ortega")
    await hands.fill(page.getByLabel("E-mail"), "olga@example.com")
    await hands.fill(page.getByLabel("Password"), PASSWORD)
    await hands.fill(page.getByRole("textbox", { name: "Workspace" }), "Lamp Shop")
    await hands.press(page.getByRole("button", { name: "Begin" }))
    await page.locator("h1", { hasText: "First steps" }).waitFor()
    return new Owner(page, bare, hands)
  }

  constructor(page, bare, hands = mouse) {
    Object.assign(this, { page, bare, hands })
  }

  goes(path) {
    return this.page.goto(this.bare.inbox + path)
  }

  /** Whether a first step has ticked itself. */
  async hasDone(step) {
    return (await this.page.locator(`#step-${step}`).getAttribute("data-done")) === "true"
  }

  stage(name) {
    return this.page.locator(`#stage-${name}`)
  }

  /** Fills in the form of a stage of connecting, and waits until it is done. */
  async does(stage, fields, button) {
    for (const [name, value] of Object.entries(fields)) await this.hands.fill(this.stage(stage).locator(`[name=${name}]`).first(), value)
    await this.hands.press(this.stage(stage).getByRole("button", { name: button, exact: true }).first())
    await this.page.locator(`#stage-${stage}[data-done="true"]`).waitFor()
  }

  /**
   * Connects the simulated number step by step. What Meta's dashboard does is done by hand there, with what the page says to paste. What
   * `halfway` does is done once Meta's question was answered.
   */
  async connects(name = "Main line", { halfway = () => {} } = {}) {
    const { page, hands, bare: { meta, control } } = this
    await this.goes("/settings/numbers/new")
    await this.does("app", { app_id: meta.appId, app_secret: meta.appSecret }, "Check")
    const [url, verifyToken] = [await page.locator("#webhook-address").inputValue(), await page.locator("#verify-token").inputValue()]
    if (!(await control.verifies(meta.appId, url, verifyToken))) throw new Error("the webhook was not verified")
    await page.locator('#stage-webhook[data-done="true"]').waitFor()
    await halfway()
    await this.does("token", { token: meta.token }, "Check")
    await hands.tick(this.stage("number").locator("[name=phone_number_id]").first())
    await hands.press(this.stage("number").getByRole("button", { name: "Choose" }))
    await page.locator('#stage-number[data-done="true"]').waitFor()
    await this.does("registration", { pin: meta.pin }, "Register")
    await this.does("subscription", {}, "Subscribe the app")
    await hands.fill(this.stage("end").locator("[name=name]"), name)
    await hands.press(this.stage("end").getByRole("button", { name: "Connect the number" }))
    await page.locator("h1", { hasText: name }).waitFor()
  }
}

export const PASSWORD = "brass otter lantern"
