// What an agent does from another machine: the forms of the pages, sent without one.

import { randomUUID } from "node:crypto"

export class Requests {
  /** With the session of a signed-in agent. */
  static async of(agent) {
    const csrf = await agent.page.locator("meta[name=csrf-token]").getAttribute("content")
    return new Requests(agent.page.context().request, agent.demo.inbox, csrf)
  }

  constructor(request, address, csrf) {
    Object.assign(this, { request, address, csrf })
  }

  replies(conversation, text) {
    return this.#post(`/conversations/${conversation}/messages`, { message_id: randomUUID(), text })
  }

  notes(conversation, body) {
    return this.#post(`/conversations/${conversation}/notes`, { note_id: randomUUID(), body })
  }

  transfers(conversation, user, note) {
    return this.#post(`/conversations/${conversation}/transfer`, { to: `agent:${user}`, note })
  }

  resolves(conversation) {
    return this.#post(`/conversations/${conversation}/resolution`, {})
  }

  reopens(conversation) {
    return this.#post(`/conversations/${conversation}/reopening`, {})
  }

  /** Whether it was done; a refusal in words is an answer too. */
  async #post(path, form) {
    const headers = { "X-Baton": "live", Accept: "text/vnd.turbo-stream.html", Origin: this.address }
    const response = await this.request.post(this.address + path, { form: { csrf: this.csrf, ...form }, headers })
    if (![200, 204, 422, 409].includes(response.status())) throw new Error(`${path} answered ${response.status()}: ${await response.text()}`)
    return response.ok()
  }
}
