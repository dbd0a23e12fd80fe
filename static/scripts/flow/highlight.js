// Colours behind the text of a definition: a layer with the same letters at the same places. Only lines that changed are drawn anew.

import { tokensOf } from "./tokens.js"

const PLACEHOLDER = /(\{[^{}]*\})/

export class Highlight {
  constructor(layer) {
    this.numbers = made("code__numbers", "")
    this.layer = made("code__lines", "")
    this.lines = []
    layer.replaceChildren(this.numbers, this.layer)
  }

  show(text) {
    const lines = text.split("\n")
    const same = (a, b) => lines[a] === this.lines[b]
    const least = Math.min(lines.length, this.lines.length)
    let head = 0
    while (head < least && same(head, head)) head += 1
    let tail = 0
    while (tail < least - head && same(lines.length - 1 - tail, this.lines.length - 1 - tail)) tail += 1
    for (let gone = this.lines.length - tail - head; gone > 0; gone -= 1) this.layer.children[head].remove()
    const before = this.layer.children[head] ?? null
    for (const line of lines.slice(head, lines.length - tail)) this.layer.insertBefore(drawn(line), before)
    if (lines.length !== this.lines.length) this.numbers.textContent = lines.map((_, index) => index + 1).join("\n")
    this.lines = lines
  }

  /** Marks the lines on which something is wrong; they are counted from 1. */
  mark(wrong) {
    for (const element of this.layer.querySelectorAll(".code__line--wrong")) element.classList.remove("code__line--wrong")
    for (const line of wrong) this.layer.children[line - 1]?.classList.add("code__line--wrong")
  }
}

function drawn(line) {
  const element = made("code__line", "")
  let at = 0
  for (const { type, from, to, text } of tokensOf(line)) {
    if (from > at) element.append(line.slice(at, from))
    if (type === "string") element.append(...stringOf(text))
    else element.append(type === "sign" ? text : made(`code__${type}`, text))
    at = to
  }
  element.append(line.slice(at))
  return element
}

/** A string, with what is filled into it. */
function stringOf(text) {
  return text.split(PLACEHOLDER).filter(Boolean).map((part) => made(PLACEHOLDER.test(part) ? "code__placeholder" : "code__string", part))
}

function made(className, text) {
  const element = document.createElement("span")
  element.className = className
  element.textContent = text
  return element
}
