// The live connection of this page. It may lose things: whoever listens asks for what came since, on "resync" and after gaps.
//
// Events: "state" (connecting, live, catching_up, offline), "resync" (the connection is new, or the node may have missed something),
// and one for each kind of frame: event, ticks, state, caught_up, row, counts, team, paused, set_up,
// people, read, draft, floor, beat.

import { press } from "./press.js"

const BEAT_EVERY = 20_000
const SILENCE = 45_000
const FIRST_PAUSE = 400
const LONGEST_PAUSE = 12_000

class Socket extends EventTarget {
  state = "connecting"
  /** Since when it is offline. */
  since = null
  #socket = null
  #attempts = 0
  #view = null
  #open = null
  #floor = null
  #lastFrame = 0
  #timers = []
  #retry = null

  /** Connects, once for the life of the page. */
  start() {
    if (this.#timers.length > 0) return
    this.#timers = [setInterval(() => this.#beat(), BEAT_EVERY), setInterval(() => this.#listenForSilence(), 5_000)]
    addEventListener("online", () => this.#hurry())
    addEventListener("offline", () => this.#drop())
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry())
    this.#connect()
  }

  /** The list this page shows. */
  watch(view) {
    this.#view = view
    this.#sendView()
  }

  /** Follows a conversation; `seen()` says how far the page is. */
  open(conversation, seen) {
    this.#open = { conversation, seen }
    this.#sendOpen()
  }

  /** Asks for everything after what the page has. */
  catchUp() {
    this.#sendOpen()
  }

  /** No longer follows that conversation. */
  close(conversation) {
    if (this.#open?.conversation !== conversation) return
    this.#open = null
    this.#send({ type: "close" })
  }

  /** The floor is shown: all of it comes first, then what changes. */
  watchFloor(floor) {
    this.#floor = floor
    this.#sendFloor()
  }

  leaveFloor() {
    this.#floor = null
    this.#send({ type: "leave_floor" })
  }

  typing(conversation) {
    this.#send({ type: "typing", conversation })
  }

  #connect() {
    clearTimeout(this.#retry)
    this.#retry = null
    const address = new URL("/live", location.href)
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:"
    const socket = new WebSocket(address)
    this.#socket = socket
    this.#lastFrame = Date.now()
    socket.onopen = () => socket === this.#socket && this.#opened()
    socket.onmessage = (message) => press.after(() => socket === this.#socket && this.#heard(JSON.parse(message.data)))
    // Behind what was said before.
    socket.onclose = () => press.after(() => socket === this.#socket && this.#lost())
  }

  #opened() {
    this.#attempts = 0
    this.since = null
    this.#sendView()
    this.#sendFloor()
    this.#become(this.#open ? "catching_up" : "live")
    this.#sendOpen()
    this.dispatchEvent(new CustomEvent("resync"))
  }

  #heard(frame) {
    this.#lastFrame = Date.now()
    if (frame.type === "signed_out") {
      location.assign("/sign-in")
      return
    }
    if (frame.type === "refresh") {
      this.#sendView()
      this.#sendFloor()
      this.#sendOpen()
      this.dispatchEvent(new CustomEvent("resync"))
      return
    }
    this.dispatchEvent(new CustomEvent(frame.type, { detail: frame }))
    if (frame.type === "caught_up" && frame.conversation === this.#open?.conversation) this.#become("live")
  }

  #lost() {
    this.#socket = null
    this.since ??= new Date()
    this.#become("offline")
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#attempts)
    this.#attempts += 1
    this.#retry = setTimeout(() => this.#connect(), pause * (0.5 + Math.random() / 2))
  }

  /** A socket can be dead without being closed: then no frame comes. */
  #listenForSilence() {
    if (this.#socket?.readyState === WebSocket.OPEN && Date.now() - this.#lastFrame > SILENCE) this.#drop()
    if (this.#socket?.readyState === WebSocket.CONNECTING && Date.now() - this.#lastFrame > BEAT_EVERY) this.#drop()
  }

  #drop() {
    const socket = this.#socket
    if (!socket) return
    this.#lost()
    socket.onclose = null
    socket.close()
  }

  #hurry() {
    if (this.#retry !== null) this.#connect()
  }

  #beat() {
    this.#send({ type: "beat" })
  }

  #sendView() {
    if (this.#view) this.#send({ type: "list", view: this.#view })
  }

  #sendFloor() {
    if (this.#floor) this.#send({ type: "floor", ...this.#floor })
  }

  #sendOpen() {
    if (!this.#open) return
    if (this.#send({ type: "open", conversation: this.#open.conversation, ...this.#open.seen() })) this.#become("catching_up")
  }

  #send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  #become(state) {
    if (this.state === state) return
    this.state = state
    this.dispatchEvent(new CustomEvent("state", { detail: { state, since: this.since } }))
  }
}

export const socket = new Socket()
