// Sends forms to the server from scripts.

import { apply } from "./streams.js"

/** What may travel on after its page has gone, in bytes (Fetch standard: 64 KiB for all such requests together). */
const KEPT_ALIVE = 60_000

/** Posts `fields` (an object or FormData); answers the response, or null when the server cannot be reached. */
export async function post(address, fields, { keepalive = false } = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields)
  if (!body.has("csrf")) body.set("csrf", document.querySelector("meta[name='csrf-token']")?.content ?? "")
  try {
    return await fetch(address, {
      method: "POST",
      body,
      keepalive: keepalive && lengthOf(body) < KEPT_ALIVE,
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

/** What the answer says, or null when it is no JSON: somebody in between answered. */
export async function readJson(response) {
  try {
    return await response.json()
  } catch {
    return null
  }
}

/** The bytes of its values, as URLs write them; files count in full. */
function lengthOf(body) {
  let length = 0
  for (const value of body.values()) length += typeof value === "string" ? new URLSearchParams({ value }).toString().length : value.size
  return length
}
