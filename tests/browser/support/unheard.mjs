// Requests that the server takes and whose answers never come: the page does not know what became of them.

export class Unheard {
  static async of(page, address) {
    const unheard = new Unheard(page, address)
    await page.route(address, unheard.handler)
    return unheard
  }

  constructor(page, address) {
    Object.assign(this, { page, address, waiting: [] })
    this.handler = (route) => this.#take(route)
  }

  /** From now on answers come again; those that waited are lost. */
  async ends() {
    await this.page.unroute(this.address, this.handler)
    await Promise.all(this.waiting.splice(0).map((route) => route.abort().catch(() => null)))
  }

  async #take(route) {
    if (route.request().method() !== "POST") return route.continue()
    await route.fetch()
    this.waiting.push(route)
    return undefined
  }
}
