// On the body of every signed-in page: keeps the live connection, and reloads after acts done while it is lost.

import { visit } from "../../vendor/turbo.js"
import { Controller } from "../../vendor/stimulus.js"
import { socket } from "../socket.js"

export default class extends Controller {
  connect() {
    this.reload = (event) => {
      if (event.detail.success && socket.state === "offline") visit(location.href, { action: "replace" })
    }
    this.element.addEventListener("turbo:submit-end", this.reload)
    socket.start()
  }

  disconnect() {
    this.element.removeEventListener("turbo:submit-end", this.reload)
  }
}
