// Starts Turbo and Stimulus; every controller is one file under controllers/.

import * as Turbo from "../vendor/turbo.js"
import { Application } from "../vendor/stimulus.js"
import { upsert } from "./thread/upsert.js"
import { t } from "./words.js"

import Await from "./controllers/await_controller.js"
import Brief from "./controllers/brief_controller.js"
import Clock from "./controllers/clock_controller.js"
import Composer from "./controllers/composer_controller.js"
import Connection from "./controllers/connection_controller.js"
import Conversation from "./controllers/conversation_controller.js"
import Copy from "./controllers/copy_controller.js"
import Dialog from "./controllers/dialog_controller.js"
import Finder from "./controllers/finder_controller.js"
import Floor from "./controllers/floor_controller.js"
import FloorDrag from "./controllers/floor_drag_controller.js"
import FlowEditor from "./controllers/flow_editor_controller.js"
import Guard from "./controllers/guard_controller.js"
import Hours from "./controllers/hours_controller.js"
import Lightbox from "./controllers/lightbox_controller.js"
import List from "./controllers/list_controller.js"
import Live from "./controllers/live_controller.js"
import Menu from "./controllers/menu_controller.js"
import Own from "./controllers/own_controller.js"
import People from "./controllers/people_controller.js"
import Places from "./controllers/places_controller.js"
import Presence from "./controllers/presence_controller.js"
import Preview from "./controllers/preview_controller.js"
import Ring from "./controllers/ring_controller.js"
import Rule from "./controllers/rule_controller.js"
import Settings from "./controllers/settings_controller.js"
import Shortcuts from "./controllers/shortcuts_controller.js"
import Sound from "./controllers/sound_controller.js"
import Thread from "./controllers/thread_controller.js"
import Toast from "./controllers/toast_controller.js"
import Zone from "./controllers/zone_controller.js"

const controllers = {
  await: Await, brief: Brief, clock: Clock, composer: Composer, connection: Connection, conversation: Conversation, copy: Copy,
  dialog: Dialog, finder: Finder, floor: Floor, guard: Guard, hours: Hours, lightbox: Lightbox, list: List, live: Live, menu: Menu,
  own: Own, people: People, places: Places, presence: Presence, preview: Preview, ring: Ring, rule: Rule, settings: Settings,
  shortcuts: Shortcuts, sound: Sound, thread: Thread, toast: Toast, zone: Zone,
  "floor-drag": FloorDrag, "flow-editor": FlowEditor,
}

Turbo.StreamActions.upsert = function () {
  for (const container of this.targetElements) upsert(container, this.templateContent)
}

const application = Application.start()
for (const [name, controller] of Object.entries(controllers)) application.register(name, controller)

// A frame that the answer does not have (an error page, the sign-in page): show the whole answer.
document.addEventListener("turbo:frame-missing", (event) => {
  event.preventDefault()
  event.detail.visit(event.detail.response)
})

// The server cannot be reached: that is said where one can read it, and the page stays with what was typed on it.
document.addEventListener("turbo:fetch-request-error", (event) => {
  const place = event.target.closest?.(".toast")?.querySelector(".toast__refusal")
    ?? document.querySelector("dialog[open] .dialog__refusal") ?? document.getElementById("composer-refusal")
  if (!place) return
  place.replaceChildren(Object.assign(document.createElement("p"), { textContent: t("connection.not_done") }))
  if (event.target !== document.documentElement) return
  event.preventDefault()
  Turbo.navigator.currentVisit?.fail()
})

// A conversation is in sight before Turbo has written it down: who has gone back by then is not brought to it again.
let drawn = null
document.addEventListener("turbo:frame-load", ({ target }) => (drawn = target.id === "conversation" ? target.src : null))
document.addEventListener("turbo:before-visit", (event) => {
  const { url } = event.detail
  if (url === drawn && url !== location.href) event.preventDefault()
  drawn = null
})

// Who goes back while a conversation is still on its way does not want it any more: its answer is left where it is.
const left = new WeakSet()
document.addEventListener("turbo:visit", ({ detail }) => {
  if (detail.action === "restore") left.add(document.getElementById("conversation") ?? document.body)
})
document.addEventListener("turbo:before-fetch-request", ({ target }) => left.delete(target))
document.addEventListener("turbo:before-fetch-response", (event) => left.has(event.target) && event.preventDefault())

// What was given up while its answer came is no fault: Turbo reads the rest of it in a promise that nobody waits for. Scripts of ours that
// give something up are to catch that themselves.
addEventListener("unhandledrejection", (event) => event.reason?.name === "AbortError" && event.preventDefault())

// Turbo gives up the visit under way when a form is sent, and would call the page busy for good.
document.addEventListener("turbo:submit-start", () => {
  if (!Turbo.navigator.currentVisit) document.documentElement.removeAttribute("aria-busy")
  for (const place of document.querySelectorAll("#composer-refusal, .dialog__refusal, .toast__refusal")) place.replaceChildren()
})

// Browsers without invoker commands: the same for dialogs.
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[command='show-modal']")
    if (button) document.getElementById(button.getAttribute("commandfor"))?.showModal()
  })
}
