// What a page shows, without what differs by the moment or the tab: clocks' words, focus, who else is here, what is folded out.

const PARTS = ["#conversation-header", "#brief", "#standing", "#items", "#contact-facts", "#assignment-reason", "#row-list", ".tabs"]

/** The parts of a page as text, by selector. */
export function likeness(page) {
  return page.evaluate(pictureOf, PARTS)
}

function pictureOf(parts) {
  const passing = ["is-late", "is-amber", "is-near", "is-last", "is-pointed", "is-folded"]
  const ofTheTab = ["open", "title", "tabindex", "aria-expanded", "stroke-dasharray", "data-read", "loading"]
  const tidy = (element) => {
    for (const other of element.querySelectorAll(".row__here, .fold")) other.remove()
    for (const time of element.querySelectorAll("time")) time.textContent = ""
    for (const one of [element, ...element.querySelectorAll("*")]) {
      one.classList.remove(...passing)
      if (one.classList.length === 0) one.removeAttribute("class")
      for (const name of ofTheTab) one.removeAttribute(name)
      const names = [...one.attributes].map(({ name, value }) => [name, value]).sort()
      for (const [name] of names) one.removeAttribute(name)
      for (const [name, value] of names) one.setAttribute(name, value)
    }
    return element.outerHTML.replace(/>\s+</g, ">\n<").replace(/></g, ">\n<").trim()
  }
  return Object.fromEntries(parts.map((part) => [part, [...document.querySelectorAll(part)].map((element) => tidy(element.cloneNode(true))).join("\n")]))
}

/** The first place where two likenesses differ, in a few lines; "" when they are alike. */
export function difference(live, fresh) {
  for (const [part, expected] of Object.entries(fresh)) {
    if (live[part] === expected) continue
    const [there, wanted] = [live[part].split("\n"), expected.split("\n")]
    const at = wanted.findIndex((line, index) => line !== there[index])
    const from = Math.max(0, (at < 0 ? wanted.length : at) - 6)
    const excerpt = (lines) => lines.slice(from, from + 14).join("\n  ")
    return `${part} differs from a fresh load at line ${at + 1}.\nLive:\n  ${excerpt(there)}\nFresh:\n  ${excerpt(wanted)}`
  }
  return ""
}
