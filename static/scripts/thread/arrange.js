// Days, groups of one author and folded steps. All follow from the items alone, so a thread grown live looks as one freshly loaded.

import { day, dayKey, full } from "../time.js"
import { counted } from "../words.js"

const GROUP = 5 * 60_000
const FOLD_FROM = 3

/** Runs of steps that a person unfolded, by the id of their fold. */
const unfolded = new Set()

/** Brings separators, groups and folds of a thread up to date. */
export function arrange(container) {
  for (const node of [...container.childNodes]) if (node.nodeType === Node.TEXT_NODE) node.remove()
  const items = [...container.children].filter((child) => child.dataset.kind)
  const before = new Map()
  let previous = null
  for (const item of items) {
    const at = new Date(item.dataset.at)
    const startsDay = !previous || dayKey(new Date(previous.dataset.at)) !== dayKey(at)
    if (startsDay) before.set(item, [dayMark(container, at)])
    item.classList.toggle("is-continued", !startsDay && continues(previous, item))
    previous = item
  }
  for (const run of runsOf(items)) fold(container, run, before)
  settle(container, items, before)
}

/** Folds or unfolds the steps behind a fold's button. */
export function toggleFold(container, id) {
  if (!unfolded.delete(id)) unfolded.add(id)
  arrange(container)
}

function continues(previous, item) {
  const isMessage = item.dataset.author && item.dataset.kind !== "note"
  if (!isMessage || previous.dataset.author !== item.dataset.author || previous.dataset.kind === "note") return false
  return new Date(item.dataset.at) - new Date(previous.dataset.at) < GROUP
}

/** Neighbouring system lines; one with somebody's words, or with something to be done, stands for itself. */
function runsOf(items) {
  const runs = [[]]
  for (const item of items) {
    if (item.dataset.kind === "line" && !item.querySelector(".line__note, button")) runs.at(-1).push(item)
    else if (runs.at(-1).length > 0) runs.push([])
    if (item.dataset.kind === "line") item.classList.remove("is-folded")
  }
  return runs.filter((run) => run.length >= FOLD_FROM)
}

/** Hides all of a run but its last line behind a button. */
function fold(container, run, before) {
  const id = `fold-${run[0].dataset.seq}`
  const isOpen = unfolded.has(id)
  const hidden = run.slice(0, -1)
  for (const line of hidden) line.classList.toggle("is-folded", !isOpen)
  before.set(run[0], [...(before.get(run[0]) ?? []), foldMark(container, id, hidden.length, isOpen)])
}

/** Puts each mark before its item and takes away those that are no longer needed. */
function settle(container, items, before) {
  const wanted = new Set([...before.values()].flat())
  for (const child of [...container.children]) {
    if (!child.dataset.kind && !wanted.has(child)) child.remove()
  }
  for (const item of items) {
    let anchor = item
    for (const mark of (before.get(item) ?? []).toReversed()) {
      if (anchor.previousElementSibling !== mark) container.insertBefore(mark, anchor)
      anchor = mark
    }
  }
}

function dayMark(container, at) {
  const id = `day-${dayKey(at)}`
  const mark = container.querySelector(`:scope > #${id}`) ?? made("li", { className: "day", id })
  const text = day(at, new Date())
  if (mark.textContent !== text) mark.replaceChildren(made("span", { textContent: text, title: full(at).replace(/,?\s*\d.:.*$/, "") }))
  return mark
}

function foldMark(container, id, count, isOpen) {
  const mark = container.querySelector(`:scope > #${id}`) ?? made("li", { className: "fold", id })
  const label = counted("thread.steps", count)
  if (mark.textContent !== label) {
    const button = made("button", { className: "fold__button", type: "button", textContent: label })
    button.dataset.action = "thread#toggleFold"
    mark.replaceChildren(button)
  }
  mark.firstElementChild.setAttribute("aria-expanded", String(isOpen))
  return mark
}

function made(name, properties) {
  return Object.assign(document.createElement(name), properties)
}
