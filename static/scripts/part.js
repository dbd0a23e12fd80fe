// Parts of pages, fetched by scripts.

/** A part of a page, or nothing when it cannot be had now. */
export async function fetchPart(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "text/html", "Turbo-Frame": "rows" }, credentials: "same-origin" })
    if (!response.ok || response.redirected) return null
    return new DOMParser().parseFromString(await response.text(), "text/html")
  } catch {
    return null
  }
}
