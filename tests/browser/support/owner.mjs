// Whoever begins: the first account and workspace, and a number, made on pages alone.

import { openPage } from "./browser.mjs"

export class Owner {
  /** Opens the address that was printed, and makes the first account and workspace. */
  static async begins(browser, bare, { name = "Olga Ortega", email = "olga@example.com", workspace = "Lamp Shop", ...options } = {}) {
    const page = await openPage(browser, options)
    await page.goto(bare.begin)
    await page.getByLabel("Your name").fill(name)
    await page.getByLabel("E-mail").fill(email)
    await page.getByLabel("Password").fill(PASSWORD)
    await page.getByRole("textbox", { name: "Workspace" }).fill(workspace)
    await page.getByRole("button", { name: "Begin" }).click()
    await page.locator("h1", { hasText: "First steps" }).waitFor()
    return new Owner(page, bare)
  }

  constructor(page, bare) {
    Object.assign(this, { page, bare })
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
    for (const [name, value] of Object.entries(fields)) await this.stage(stage).locator(`[name=${name}]`).first().fill(value)
    await this.stage(stage).getByRole("button", { name: button, exact: true }).first().click()
    await this.page.locator(`#stage-${stage}[data-done="true"]`).waitFor()
  }

  /** Connects the simulated number step by step. What Meta's dashboard does is done by hand there, with what the page says to paste. */
  async connects(name = "Main line") {
    const { page, bare: { meta, control } } = this
    await this.goes("/settings/numbers/new")
    await this.does("app", { app_id: meta.appId, app_secret: meta.appSecret }, "Check")
    const [url, verifyToken] = [await page.locator("#webhook-address").inputValue(), await page.locator("#verify-token").inputValue()]
    if (!(await control.verifies(meta.appId, url, verifyToken))) throw new Error("the webhook was not verified")
    await page.locator('#stage-webhook[data-done="true"]').waitFor()
    await this.does("token", { token: meta.token }, "Check")
    await this.stage("number").locator("[name=phone_number_id]").first().check()
    await this.stage("number").getByRole("button", { name: "Choose" }).click()
    await page.locator('#stage-number[data-done="true"]').waitFor()
    await this.does("registration", { pin: meta.pin }, "Register")
    await this.does("subscription", {}, "Subscribe the app")
    await this.stage("end").locator("[name=name]").fill(name)
    await this.stage("end").getByRole("button", { name: "Connect the number" }).click()
    await page.locator("h1", { hasText: name }).waitFor()
  }
}

export const PASSWORD = "brass otter lantern"
