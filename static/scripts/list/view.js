// Which rows a view shows, and in which order: the same rules as the server's lists.

/** Whether a row (its data attributes) belongs to `view` for this viewer. */
export function belongs(row, view, viewer) {
  const open = row.state !== "resolved"
  switch (view) {
    case "mine": return open && row.agent === viewer.id
    case "queues": return open && viewer.queues.has(row.queue)
    case "unassigned": return open && row.heldBy === "queue"
    case "all": return open
    case "resolved": return !open
    default: return false
  }
}

/** Negative when `one` stands before `other`. */
export function compare(one, other, view) {
  if (view === "unassigned") {
    return Number(one.queued) - Number(other.queued) || order(one.conversation, other.conversation)
  }
  return Number(other.at) - Number(one.at) || order(other.conversation, one.conversation)
}

function order(one, other) {
  return one < other ? -1 : one > other ? 1 : 0
}
