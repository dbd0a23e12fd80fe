// What an accessibility checker, the policy and the layout say about a page.

import { createRequire } from "node:module"
import { readFileSync } from "node:fs"

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const GRAVE = ["serious", "critical"]

/** Everything wrong with the page as it stands, in words: by some rules or by all, of colours too unless told otherwise. */
export async function faultsOf(page, { rules, colours = true } = {}) {
  await stillness(page)
  const grave = rules?.length === 0 ? [] : await axe(page, rules, colours)
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth > clientWidth ? [`scrolls sideways: ${scrollWidth} of ${clientWidth} px`] : []
  })
  return [...page.faults.splice(0), ...wide, ...grave]
}

/** Colours that fade into each other are neither. */
function stillness(page) {
  return page.evaluate(() => {
    const ending = document.getAnimations().filter((animation) => animation.effect.getComputedTiming().endTime < Infinity)
    return Promise.allSettled(ending.map((animation) => animation.finished))
  })
}

/** The policy forbids inline scripts, so axe comes in through the debugger. */
async function axe(page, rules, colours) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE)
  const violations = await page.evaluate(async ({ impacts, rules, colours }) => {
    const chosen = { ...(rules && { runOnly: rules }), rules: { "color-contrast": { enabled: colours } } }
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], ...chosen })
    return violations.filter((violation) => impacts.includes(violation.impact)).map((violation) => ({
      id: violation.id,
      help: violation.help,
      nodes: violation.nodes.slice(0, 3).map((node) => `${node.target.join(" ")}: ${node.failureSummary.split("\n").slice(1, 2).join(" ").trim()}`),
    }))
  }, { impacts: GRAVE, rules, colours })
  return violations.map(({ id, help, nodes }) => `axe ${id}: ${help}\n    ${nodes.join("\n    ")}`)
}
