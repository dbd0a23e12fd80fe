// The text of a definition as tokens. No token of JSON goes over the end of a line, so each line is read by itself.

const TOKEN = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|[a-z]+|[{}[\],:]|[^\s"]/g

/** Tokens of a text: `{ type, from, to, text }`; a string is a `key` when a colon follows. */
export function tokensOf(text) {
  const tokens = []
  let start = 0
  for (const line of text.split("\n")) {
    for (const match of line.matchAll(TOKEN)) {
      const from = start + match.index
      tokens.push({ type: typeOf(match[0], line, match.index), from, to: from + match[0].length, text: match[0] })
    }
    start += line.length + 1
  }
  return tokens
}

function typeOf(token, line, at) {
  if (token.startsWith('"')) return /^\s*:/.test(line.slice(at + token.length)) ? "key" : "string"
  if (/^-?\d/.test(token)) return "number"
  if (/^[a-z]/.test(token)) return ["true", "false", "null"].includes(token) ? "word" : "wrong"
  return "{}[],:".includes(token) ? "sign" : "wrong"
}

/** The words between the quotation marks of a string, which may not be closed yet. */
export function unquoted(token) {
  try {
    return JSON.parse(token)
  } catch {
    return token.replace(/^"|"$/g, "")
  }
}
