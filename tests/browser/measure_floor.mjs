// What the floor costs a browser: node measure_floor.mjs ADDRESS COOKIE PERSON STRETCHES SECONDS, which the bench calls. Writes a line of
// JSON for each stretch of so many seconds; PERSON is whom the page is watched for.

import { setTimeout as after } from "node:timers/promises"
import { startBrowser } from "./support/browser.mjs"

const [address, cookie, person, stretches, seconds] = process.argv.slice(2)
const browser = await startBrowser()
let ofPage, ofBrowser
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" })
  const [name, value] = cookie.split("=")
  await context.addCookies([{ name, value, url: address }])
  const page = await context.newPage()
  ofPage = await context.newCDPSession(page)
  ofBrowser = await browser.newBrowserCDPSession()
  await page.goto(`${address}/floor`)
  await page.locator('.rail__light[data-connection="live"]').waitFor({ state: "attached" })
  await page.evaluate(watches, `floor-person-${person}`)
  await ofPage.send("Performance.enable")
  let before = await figures()
  for (let number = 0; number < Number(stretches); number += 1) {
    await after(seconds * 1_000)
    const now = await figures()
    const share = (of) => (now[of] - before[of]) / (now.Timestamp - before.Timestamp)
    await ofPage.send("HeapProfiler.collectGarbage")
    const { JSHeapUsedSize: heap, Nodes: nodes } = await metrics()
    const { seen, rows } = await page.evaluate(() => globalThis.watched.take())
    console.log(JSON.stringify({
      page: share("renderer"), browser: share("all"), script: share("ScriptDuration"), layout: share("LayoutDuration"),
      style: share("RecalcStyleDuration"), heap, nodes, rows: rows / (now.Timestamp - before.Timestamp), seen,
    }))
    before = await figures()
  }
} finally {
  await browser.close()
}

async function metrics() {
  const { metrics } = await ofPage.send("Performance.getMetrics")
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
}

/** Processor time in seconds, of the page's own process and of all of them. */
async function figures() {
  const { processInfo } = await ofBrowser.send("SystemInfo.getProcessInfo")
  const sum = (of) => of.reduce((all, { cpuTime }) => all + cpuTime, 0)
  return { ...(await metrics()), renderer: sum(processInfo.filter(({ type }) => type === "renderer")), all: sum(processInfo) }
}

/** Remembers what a row says when it is painted, and how many rows were changed. */
function watches(id) {
  const watched = { seen: [], rows: 0, take() { const { seen, rows } = this; Object.assign(this, { seen: seen.slice(-1), rows: 0 }); return { seen, rows } } }
  globalThis.watched = watched
  const look = () => {
    const held = Number(/\d+/.exec(document.getElementById(id)?.querySelector(".floor__words")?.textContent)?.[0] ?? 0)
    if (watched.seen.at(-1)?.[0] !== held) watched.seen.push([held, Date.now()])
  }
  new MutationObserver((changes) => {
    const touched = new Set(changes.map(({ target, addedNodes }) => target.closest?.(".floor__row") ?? addedNodes[0]).filter((row) => row?.nodeType === 1 && row.matches(".floor__row")))
    watched.rows += touched.size
    requestAnimationFrame(() => requestAnimationFrame(look))
  }).observe(document.getElementById("main"), { childList: true, subtree: true })
  look()
}
