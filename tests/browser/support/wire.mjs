// The wire between a page and the server: breaks after so many frames, and swallows the frame it breaks at.

export class Wire {
  /** Lays the wire before the page connects. `frames()` says how many the next connection carries. */
  static async lay(page, frames) {
    const wire = new Wire(page, frames)
    await page.routeWebSocket(/\/live$/, (socket) => wire.#connect(socket))
    return wire
  }

  constructor(page, frames) {
    Object.assign(this, { page, frames, cuts: 0, connections: 0, lost: 0 })
    this.open = null
    this.waiting = []
    this.held = null
  }

  /** Waits until the page has a connection, unless it has one. */
  connected() {
    return this.open ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve))
  }

  /** Breaks the connection there is. */
  cut() {
    this.open?.break()
  }

  /** What comes from the server stays on its way: waits until that is a frame with this text in it… */
  holds(text = "") {
    this.held = []
    return new Promise((resolve) => (this.isHeld = (frame) => frame.includes(text) && resolve()))
  }

  /** …until it is let through. */
  lets() {
    const held = this.held.splice(0)
    this.held = null
    for (const deliver of held) deliver()
  }

  #connect(socket) {
    const server = socket.connectToServer()
    const connection = { left: this.frames() }
    connection.break = () => this.#break(connection, socket, server)
    this.open = connection
    this.connections += 1
    socket.onMessage((frame) => server.send(frame))
    const deliver = (frame) => {
      if (connection.isBroken) return
      connection.left -= 1
      if (connection.left >= 0) return socket.send(frame)
      this.lost += 1
      connection.break()
    }
    server.onMessage((frame) => {
      if (!this.held) return deliver(frame)
      this.held.push(() => deliver(frame))
      return this.isHeld(frame)
    })
    const gone = () => this.open === connection && (this.open = null)
    socket.onClose((code, reason) => { gone(); server.close({ code, reason }) })
    server.onClose((code, reason) => { gone(); socket.close({ code, reason }) })
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  #break(connection, socket, server) {
    connection.isBroken = true
    if (this.open === connection) this.open = null
    this.cuts += 1
    socket.close({ code: 4001 })
    server.close({ code: 4001 })
  }
}
