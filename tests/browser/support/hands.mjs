// Two ways to use a page: with a mouse, and with the keys alone.

/** Presses of Tab after which something counts as out of reach. */
const FARTHEST = 400

export const mouse = {
  press: (element) => element.click(),
  fill: (element, text) => element.fill(text),
  tick: (element) => element.check(),
  choose: (element, label) => element.selectOption({ label }),
}

export const keys = {
  async press(element) {
    await reaches(element)
    await element.page().keyboard.press("Enter")
  },
  async fill(element, text) {
    await reaches(element)
    const { keyboard } = element.page()
    await keyboard.press("Control+a")
    await keyboard.insertText(text)
  },
  async tick(element) {
    if (await element.isChecked()) return
    if ((await element.getAttribute("type")) === "radio") {
      const name = await element.getAttribute("name")
      const group = element.page().locator(`input[type=radio][name="${name}"]`)
      await reachesAny(group)
      for (let left = await group.count(); left > 0 && !(await element.isChecked()); left -= 1) await element.page().keyboard.press("ArrowDown")
    } else {
      await reaches(element)
    }
    if (!(await element.isChecked())) await element.page().keyboard.press("Space")
  },
  async choose(element, label) {
    await reaches(element)
    await element.page().keyboard.type(label)
    await element.page().waitForFunction(([it, words]) => it.selectedOptions[0]?.label === words, [await element.elementHandle(), label])
  },
}

/** Goes to something as Tab goes, from where the page is. */
async function reaches(element) {
  // What is there may be drawn anew on the way.
  await tabs(element.page(), () => element.evaluate((it) => it === document.activeElement), String(element))
}

async function reachesAny(elements) {
  await elements.first().waitFor()
  await tabs(elements.page(), () => elements.evaluateAll((all) => all.includes(document.activeElement)), String(elements))
}

async function tabs(page, isThere, what) {
  for (let presses = 0; presses < FARTHEST; presses += 1) {
    if (await isThere()) return
    await page.keyboard.press("Tab")
  }
  throw new Error(`no key leads to ${what}`)
}
