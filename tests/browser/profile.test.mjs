// What is somebody's own: looks that follow them, a code at sign-in, and where they are signed in. All of it also without scripts.

import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { after, before, describe } from "node:test"
import { Agent } from "./support/agent.mjs"
import { openPage, startBrowser } from "./support/browser.mjs"
import { PASSWORD, startDemo } from "./support/demo.mjs"
import { story } from "./support/story.mjs"

describe("a profile", () => {
  let demo, browser

  before(async () => {
    const starting = startDemo()
    browser = await startBrowser()
    demo = await starting
  })

  after(async () => {
    await browser?.close()
    await demo?.stop()
  })

  story(() => browser, "follows somebody to another browser, and says what it will sound like", async () => {
    const ben = await Agent.signIn(browser, demo, "ben@example.com")
    const { page } = ben
    await page.locator(".rail__badge").click()
    await page.locator('.rail__menu a[href="/profile"]').click()
    await page.getByLabel("Dark").check()
    await page.getByLabel("Compact").check()
    await page.locator(".sound__test").click()
    await page.locator(".sound__test[data-heard]").waitFor()
    await page.locator(".form__foot .button--primary").click()
    await page.locator(".done").waitFor()
    const elsewhere = await Agent.signIn(browser, demo, "ben@example.com")
    const html = elsewhere.page.locator("html")
    assert.deepEqual([await html.getAttribute("data-theme"), await html.getAttribute("data-density")], ["dark", "compact"])
    assert.equal(await html.evaluate((node) => getComputedStyle(node).colorScheme), "dark")
    await page.goto(`${demo.inbox}/profile/sessions`)
    assert.equal(await page.locator(".place").count(), 2)
    await page.locator('button[value="others"]').click()
    await page.locator(".done").waitFor()
    await elsewhere.page.locator("input[name=password]").waitFor()
    assert.deepEqual(page.faults, [])
  })

  story(() => browser, "asks for the code of an app, with and without scripts", async () => {
    for (const [email, javaScriptEnabled] of [["chloe@example.com", true], ["diego@example.com", false]]) {
      const { page } = await Agent.signIn(browser, demo, email, { javaScriptEnabled })
      await page.goto(`${demo.inbox}/profile/second-factor`)
      assert.ok(await page.locator(".qr path").getAttribute("d"))
      await page.locator(".unfold summary").click()
      const secret = (await page.locator(".secret").textContent()).replaceAll(" ", "")
      await page.locator("input[name=code]").fill(code(secret, 0))
      await page.locator("form.form button").click()
      assert.equal(await page.locator(".codes li").count(), 10)
      await page.locator(".bare__foot a").click()
      await page.locator("h1").waitFor()
      assert.deepEqual(page.faults, [])

      const other = await openPage(browser, { javaScriptEnabled })
      await other.goto(`${demo.inbox}/inbox?view=all`)
      await other.locator("input[name=email]").fill(email)
      await other.locator("input[name=password]").fill(PASSWORD)
      await other.locator("form.form button").click()
      await other.locator("input[name=code]").fill(code(secret, 1))
      await other.locator("form.form button").click()
      await other.locator(".rail").waitFor()
      assert.equal(new URL(other.url()).search, "?view=all")
      await other.context().close()
      await page.context().close()
    }
  })
})

/** What an app shows now, or so many steps later (RFC 6238). */
function code(secret, later) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("")
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later))
  const hash = createHmac("sha1", key).update(step).digest()
  const offset = hash.at(-1) & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0")
}
