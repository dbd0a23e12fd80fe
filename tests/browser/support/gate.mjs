// A gate on the way to the server: requests wait before it until it opens, so that "still on its way" is a moment, not a race.

export class Gate {
  /** Puts a gate before the requests whose address matches, of that method alone if one is said. */
  static async before(page, address, { method } = {}) {
    const gate = new Gate(page, address, method)
    await page.route(address, gate.handler)
    return gate
  }

  constructor(page, address, method) {
    Object.assign(this, { page, address, method, waiting: [], isOpen: false, count: 0 })
    this.arrival = new Promise((resolve) => (this.arrived = resolve))
    this.handler = (route) => this.#stop(route)
  }

  /** Waits until a request stands before the gate. */
  reached() {
    return this.arrival
  }

  /** Lets through the one that has waited longest; the others wait on. */
  letsFirst() {
    return this.waiting.shift().continue()
  }

  /** Lets through what waits, and everything that comes later. */
  async opens() {
    this.isOpen = true
    await Promise.all(this.waiting.splice(0).map((route) => route.continue().catch(() => null)))
    await this.page.unroute(this.address, this.handler)
  }

  /** What waits never reaches the server. */
  async breaks() {
    this.isOpen = true
    await Promise.all(this.waiting.splice(0).map((route) => route.abort().catch(() => null)))
    await this.page.unroute(this.address, this.handler)
  }

  #stop(route) {
    if (this.isOpen || (this.method ?? route.request().method()) !== route.request().method()) return route.continue()
    this.count += 1
    this.waiting.push(route)
    this.arrived()
    return undefined
  }
}
