// Puts items into the thread by their sequence, whatever order they come in and however often.

import { arrange } from "./arrange.js"

/** Each element of `content` replaces the one of its id, or is inserted where its `data-seq` says. */
export function upsert(container, content) {
  for (const item of [...content.children]) {
    if (item.id) put(container, item)
  }
  arrange(container)
}

function put(container, item) {
  const known = document.getElementById(item.id)
  if (known && known.dataset.seq === item.dataset.seq) {
    known.replaceWith(item)
    return
  }
  known?.remove()
  const items = itemsOf(container)
  if (isOfAnEarlierPage(item, items)) return
  const next = items.find((other) => seqOf(other) > seqOf(item))
  container.insertBefore(item, next ?? null)
}

/** Older than everything here while there is more to load: it comes with its own page. */
function isOfAnEarlierPage(item, items) {
  return items.length > 0 && document.getElementById("earlier") !== null && seqOf(item) < seqOf(items[0])
}

export function itemsOf(container) {
  return [...container.children].filter((child) => child.dataset.kind)
}

/** Bubbles that wait for the server's answer have no number yet: they stand last. */
function seqOf(item) {
  return item.dataset.seq ? Number(item.dataset.seq) : Infinity
}
