// Where in a definition a caret stands, also while the text is no JSON yet.

import { tokensOf, unquoted } from "./tokens.js"

/** Letters behind the caret that are read for the rest of the object that it stands in. */
const AHEAD = 8_000

/**
 * The way to the caret: `{ path, objects, isKey, token }`. `path` are the keys and indexes that lead there, `objects` what is known
 * of each object on it, outermost first; `token` is the string that the caret stands in, and `isKey` whether a key belongs there.
 */
export function contextAt(text, caret) {
  const tokens = tokensOf(text.slice(0, caret + AHEAD))
  const stack = []
  let token = null
  let rest = tokens.length
  for (const [index, current] of tokens.entries()) {
    const isInside = current.from < caret && (current.to > caret || (current.to === caret && !isClosed(current)))
    if (isInside && ["key", "string"].includes(current.type)) token = current
    if (current.to > caret || token) {
      rest = index
      break
    }
    step(stack, current)
  }
  complete(stack, tokens.slice(rest), token)
  const here = stack.at(-1)
  const isKey = here?.kind === "object" && here.expects === "key"
  const path = stack.flatMap((level, index) => (index === stack.length - 1 && isKey ? [] : [level.kind === "object" ? level.key : level.index]))
  return { path, objects: stack.map((level) => level.values), isKey, token }
}

/** Where the key of a node stands, as `[from, to]`. */
export function placeOfNode(text, node) {
  const stack = []
  for (const token of tokensOf(text)) {
    const isOfNodes = stack.length === 2 && stack[0].key === "nodes" && stack[1].expects === "key"
    if (isOfNodes && token.type === "key" && unquoted(token.text) === node) return [token.from, token.to]
    step(stack, token)
  }
  return null
}

function isClosed({ type, text }) {
  return !["key", "string"].includes(type) || (text.length > 1 && text.endsWith('"') && !/[^\\](\\\\)*\\"$/.test(text))
}

/** Follows one token: a stack of objects `{ kind, key, expects, values }` and lists `{ kind, index, values }`. */
function step(stack, { type, text }) {
  const here = stack.at(-1)
  if (text === "{" && type === "sign") stack.push({ kind: "object", key: null, expects: "key", values: {} })
  else if (text === "[" && type === "sign") stack.push({ kind: "list", index: 0, values: {} })
  else if (text === "}" || text === "]") {
    stack.pop()
    const outer = stack.at(-1)
    if (outer?.kind === "object") outer.expects = "comma"
  } else if (!here) return
  else if (text === "," && type === "sign") {
    if (here.kind === "list") here.index += 1
    else here.expects = "key"
  } else if (text === ":" && type === "sign") here.expects = "value"
  else if (here.kind === "object" && here.expects === "key") {
    here.key = unquoted(text)
    here.values[here.key] ??= null
  } else if (here.kind === "object" && here.expects === "value") {
    here.values[here.key] = type === "string" ? unquoted(text) : text
    here.expects = "comma"
  }
}

/** What the innermost object says behind the caret: its keys, and which kind it is. */
function complete(stack, tokens, token) {
  const here = stack.at(-1)
  if (!here) return
  const behind = []
  for (const current of tokens) {
    if (current === token) continue
    if (behind.length === 0 && "]}".includes(current.text)) return
    if (behind.length === 0 && current.type === "key" && here.kind === "object") here.values[unquoted(current.text)] ??= null
    if (behind.length === 0 && current.type === "string" && here.kind === "object") {
      const key = Object.keys(here.values).findLast((key) => here.values[key] === null)
      if (key !== undefined && key !== here.key) here.values[key] = unquoted(current.text)
    }
    if ("{[".includes(current.text)) behind.push(current.text)
    else if ("]}".includes(current.text)) behind.pop()
  }
}
