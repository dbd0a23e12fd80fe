// Pages of settings in a workspace that has nothing yet, and in one as large as they come, with names of every length and direction.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { after, before, describe } from "node:test"
import { adminPages } from "./support/admin_pages.mjs"
import { startBrowser } from "./support/browser.mjs"
import { sibling, startBare } from "./support/demo.mjs"
import { KEEPS_PICTURES, NARROW, SCHEMES, WIDE, looksSound } from "./support/look.mjs"
import { Owner } from "./support/owner.mjs"
import { story } from "./support/story.mjs"

/** Colours do not change with how much there is: they are looked at in the demo's workspace, and here where pictures are kept. */
const LOOKED_AT = { sizes: [WIDE, NARROW], schemes: KEEPS_PICTURES ? SCHEMES : SCHEMES.slice(0, 1), colours: false }
const MOST = 8 * 1024 * 1024

describe("pages of settings", () => {
  let browser, bare, owner

  before(async () => {
    const starting = startBare()
    browser = await startBrowser()
    bare = await starting
    owner = await Owner.begins(browser, bare)
  })

  after(async () => {
    await browser?.close()
    await bare?.stop()
  })

  story(() => browser, "are sound where there is nothing", async () => {
    const without = ["roles", "numbers", "teams", "queues", "sla", "rules", "skills", "flows", "tags", "fields", "canned-replies"].map((noun) => `/settings/${noun}`)
    await looksSound(owner.page, bare.inbox, await adminPages(owner.page, bare.inbox, { without }), { ...LOOKED_AT, called: (name) => `empty-${name}` })
  })

  story(() => browser, "are sound where there are 500 people, 200 queues and 2,000 canned replies", async () => {
    const { page } = owner
    const buffer = execFileSync(sibling("bench"), ["large-workspace"], { maxBuffer: MOST })
    await owner.goes("/settings/file")
    await page.getByLabel("File", { exact: true }).setInputFiles({ name: "workspace.yaml", mimeType: "application/yaml", buffer })
    await page.getByRole("button", { name: "Look at what would change" }).click()
    await page.getByRole("button", { name: "Apply all of it" }).click()
    await page.locator("h1", { hasText: "Added, and not in yet" }).waitFor()
    await owner.connects()
    assert.deepEqual(page.faults.splice(0), [])
    await looksSound(page, bare.inbox, await adminPages(page, bare.inbox), { ...LOOKED_AT, called: (name) => `large-${name}` })
  })
})
