// A page that the server made before it took what the page before it was saving: the one is late, the other was early.

import { Gate } from "./gate.mjs"

let heard = 0

export class LatePage {
  /** Loads `page` anew. The new one is made while a form to `address` waits; then that request is answered, to the old one. */
  static async of(page, address, act = () => null) {
    const late = new LatePage(page, page.url())
    const gate = await Gate.before(page, address, { method: "POST" })
    await late.#listens(address)
    await act()
    await gate.reached()
    await page.route(late.url, late.handler)
    late.loading = page.reload()
    await late.made
    await gate.opens()
    await late.heard
    return late
  }

  constructor(page, url) {
    Object.assign(this, { page, url })
    this.made = new Promise((resolve) => (this.isMade = resolve))
    this.leave = new Promise((resolve) => (this.leaves = resolve))
    this.handler = (route) => this.#hold(route)
  }

  /** The new page comes to stand in the place of the old one. */
  async arrives() {
    this.leaves()
    await this.loading
    await this.page.unroute(this.url, this.handler)
  }

  /** The old page cannot be asked while the new one is on its way: it says by itself when it has read the answer. */
  async #listens(address) {
    const name = `heard${(heard += 1)}`
    this.heard = new Promise((resolve) => (this.hears = resolve))
    await this.page.exposeFunction(name, () => this.hears())
    await this.page.evaluate(tellOf, [name, address.source])
  }

  async #hold(route) {
    const response = await route.fetch()
    this.isMade()
    await this.leave
    await route.fulfill({ response })
  }
}

/** In the page: calls the function `name` once a form sent to `address` was answered. */
function tellOf([name, address]) {
  const send = window.fetch
  window.fetch = async (to, options) => {
    const answer = await send(to, options)
    if (options?.method === "POST" && new RegExp(address).test(new URL(to, location).pathname)) answer.clone().text().then(() => setTimeout(window[name]))
    return answer
  }
}
