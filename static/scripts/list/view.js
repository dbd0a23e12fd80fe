// In which order a view shows its rows: as the server's lists do.

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
