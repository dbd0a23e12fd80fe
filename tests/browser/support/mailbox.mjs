// A mail server that keeps what it is given: as much of SMTP as a well-behaved client speaks.

import { createServer } from "node:net"
import { createInterface } from "node:readline"

export class Mailbox {
  #mails = []
  #wanted = []

  static async start() {
    const it = new Mailbox()
    it.server = createServer((socket) => it.#serve(socket))
    await new Promise((listens) => it.server.listen(0, "127.0.0.1", listens))
    return it
  }

  /** What tells Baton of it. */
  get settings() {
    const { address, port } = this.server.address()
    return { BATON_SMTP_HOST: address, BATON_SMTP_PORT: String(port), BATON_SMTP_TLS: "none", BATON_SMTP_FROM: "Baton <baton@shop.example>" }
  }

  stop() {
    this.server.close()
  }

  /** The first mail to an address, once it has come. */
  mailTo(address) {
    const found = this.#mails.find((mail) => mail.to === address)
    if (found) return Promise.resolve(found)
    return new Promise((came) => this.#wanted.push({ address, came }))
  }

  #keep(mail) {
    this.#mails.push(mail)
    this.#wanted.filter(({ address }) => address === mail.to).forEach(({ came }) => came(mail))
  }

  async #serve(socket) {
    socket.on("error", () => {})
    const says = (line) => socket.write(`${line}\r\n`)
    let to = null
    let lines = null
    says("220 mailbox")
    for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
      if (lines && line === ".") {
        this.#keep({ to, text: text(lines.join("\n")) })
        lines = null
        says("250 kept")
      } else if (lines) {
        lines.push(line.replace(/^\.\./, "."))
      } else if (/^RCPT TO:/i.test(line)) {
        to = /<([^>]*)>/.exec(line)?.[1]
        says("250 fine")
      } else if (/^DATA/i.test(line)) {
        lines = []
        says("354 go on")
      } else if (/^QUIT/i.test(line)) {
        says("221 good bye")
        socket.end()
      } else {
        says("250 fine")
      }
    }
  }
}

/** What a mail says in plain words: its first part, decoded. */
function text(raw) {
  const boundary = /boundary="?([^"\n;]+)"?/.exec(raw)?.[1]
  const part = boundary ? raw.split(`--${boundary}`)[1] : raw
  const [, head, body] = /^\n*([\s\S]*?)\n\n([\s\S]*)$/.exec(part)
  if (/base64/i.test(head)) return Buffer.from(body, "base64").toString("utf8")
  if (!/quoted-printable/i.test(head)) return body
  const bytes = body.replace(/=\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, code) => String.fromCharCode(parseInt(code, 16)))
  return Buffer.from(bytes, "latin1").toString("utf8")
}
