// Puts rows at their places.

import { compare } from "./view.js"

/** Inserts `row` into `rows` (an `ol`) in the order of `view`. Whether there was a place for it on the loaded pages. */
export function place(rows, row, view, hasMore) {
  const next = [...rows.children].find((other) => other !== row && compare(row.dataset, other.dataset, view) < 0)
  if (!next && hasMore && rows.children.length > 0) return false
  if (row.parentElement !== rows || row.nextElementSibling !== (next ?? null)) rows.insertBefore(row, next ?? null)
  return true
}
