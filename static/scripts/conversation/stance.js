// How the viewer stands to a conversation; the same rule as `Stance::of` on the server.

/** One of mine, other, queue, flow, bot, resolved. */
export function stanceOf({ state, heldBy, agent }, viewer) {
  if (state === "resolved") return "resolved"
  if (heldBy === "agent") return agent === viewer ? "mine" : "other"
  return heldBy === "flow" || heldBy === "bot" ? heldBy : "queue"
}
