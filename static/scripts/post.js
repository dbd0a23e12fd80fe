// Sends forms to the server from scripts.

import { apply } from "./streams.js"

/** Posts `fields` (an object or FormData); answers the response, or null when the server cannot be reached. */
export async function post(address, fields, { keepalive = false } = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields)
  if (!body.has("csrf")) body.set("csrf", document.querySelector("meta[name='csrf-token']")?.content ?? "")
  try {
    return await fetch(address, {
      method: "POST",
      body,
      keepalive,
      credentials: "same-origin",
      headers: { "X-Baton": "live", Accept: "text/vnd.turbo-stream.html, text/html" },
    })
  } catch {
    return null
  }
}

/** Carries out what the answer says, if it says it in streams. Whether it did. */
export async function follow(response) {
  if (!response.headers.get("content-type")?.startsWith("text/vnd.turbo-stream.html")) return false
  apply(await response.text())
  return true
}
