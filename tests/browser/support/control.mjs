// The simulator's control API: people who need no page to write.

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

  /** A webhook with any body, signed as all are. */
  webhook(body) {
    return this.#call("POST", "/control/webhooks", { body })
  }

  /** Changes the person: online, receipts, blocked, … */
  change(waId, change) {
    return this.#call("PATCH", `/control/users/${waId}`, change)
  }

  /** From now on the next calls suffer this. */
  fails(fault) {
    return this.#call("POST", "/control/faults", fault)
  }

  /** Nothing fails any more. */
  isWellAgain() {
    return this.#call("DELETE", "/control/faults")
  }

  /** What pressing "Verify and save" in the app's dashboard does: Meta asks the address at once; answers whether it passed. */
  async verifies(appId, callbackUrl, verifyToken) {
    const app = await this.#call("POST", "/control/apps", { app_id: appId, callback_url: callbackUrl, verify_token: verifyToken })
    return app.verified
  }

  /** The messages of the business to this person that WhatsApp took, in order. */
  async sentTo(waId) {
    const calls = await this.#call("GET", `/control/ledger?to=${waId}`)
    return calls.filter((call) => call.status === 200 && call.request.type)
  }

  async #call(method, path, body) {
    const options = { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) }
    const response = await fetch(this.address + path, options)
    const said = await response.json()
    if (!response.ok) throw new Error(`${method} ${path} was refused: ${said.error ?? response.status}`)
    return said
  }
}
