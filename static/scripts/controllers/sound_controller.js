// Lets somebody hear what they will hear.

import { Controller } from "../../vendor/stimulus.js"
import { chime } from "../sound.js"

export default class extends Controller {
  async test(event) {
    const button = event.currentTarget
    button.dataset.heard = String(await chime())
  }
}
