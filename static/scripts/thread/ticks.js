// How far messages got. None falls back, in whatever order two nodes tell it.

import { apply } from "../streams.js"

const LADDER = ["queued", "unknown", "sending", "sent", "failed", "delivered", "read"]

/** Carries out those streams of `html` by which a message gets further than it is shown. */
export function climb(html) {
  const template = document.createElement("template")
  template.innerHTML = html
  const streams = [...template.content.querySelectorAll("turbo-stream")]
  apply(streams.filter(getsFurther).map((stream) => stream.outerHTML).join(""))
}

function getsFurther(stream) {
  const shown = document.getElementById(stream.getAttribute("target"))
  const next = stream.firstElementChild.content.firstElementChild
  return shown !== null && rung(next) > rung(shown)
}

function rung(ticks) {
  return LADDER.indexOf(ticks.dataset.status)
}
