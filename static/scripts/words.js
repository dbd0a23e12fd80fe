// The texts of the interface, from the JSON block of the page.

let known = {}
let source = null

function words() {
  const element = document.getElementById("words")
  if (element !== source) {
    source = element
    known = element ? JSON.parse(element.textContent) : {}
  }
  return known
}

/** The words of a key with its places (`%{name}`) filled in, in one pass. */
export function t(key, values = {}) {
  const text = words()[key] ?? key
  return text.replace(/%\{(\w+)\}/g, (_, name) => values[name] ?? "")
}

/** The singular or plural of a key. */
export function counted(key, count, values = {}) {
  return t(`${key}.${count === 1 ? "one" : "other"}`, { count, ...values })
}

/** Names as one phrase of the page's language: "Ana, Ben and Eva". */
export function phrase(names) {
  return new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" }).format(names)
}
