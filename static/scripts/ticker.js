// One timer for everything that shows the passing of time.

const listeners = new Set()
let timer = null

function tick() {
  const now = new Date()
  for (const listener of listeners) listener(now)
}

/** Calls `listener(now)` at once and then every second, until the returned function is called. */
export function everySecond(listener) {
  listener(new Date())
  listeners.add(listener)
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = null
    }
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") tick()
})
