// The simulator's control API: people who need no page to write.

const NUMBER = /\/(\d+)$/

export class Control {
  constructor(address) {
    this.address = address
  }

  /** A person with a phone. `wa_id` is theirs for good. */
  person(waId, name, more = {}) {
    return this.#call("POST", "/control/users", { wa_id: waId, name, ...more })
  }

  /** The person writes a text. */
  writes(waId, body) {
    return this.#call("POST", `/control/users/${waId}/messages`, { type: "text", text: { body } })
  }

  /** The person taps a button or a row of a list. */
  taps(waId, kind, id, title) {
    return this.#call("POST", `/control/users/${waId}/messages`, { type: "interactive", interactive: { type: kind, [kind]: { id, title } } })
  }

  change(waId, change) {
    return this.#call("PATCH", `/control/users/${waId}`, change)
  }

  /** Every call of the business to this person that was taken, in order. */
  async sentTo(waId) {
    const { calls } = asCalls(await this.#call("GET", `/control/ledger?to=${waId}`))
    return calls.filter((call) => call.status === 200 && call.request?.type)
  }

  async #call(method, path, body) {
    const options = { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) }
    const response = await fetch(this.address + path, options)
    const said = await response.json()
    if (!response.ok) throw new Error(`${method} ${path.replace(NUMBER, "/…")} was refused: ${said.error ?? response.status}`)
    return said
  }
}

function asCalls(said) {
  return Array.isArray(said) ? { calls: said } : { calls: said.calls ?? said.entries ?? said.ledger ?? [] }
}
