// A draft: what somebody types in one field, safe at every moment. Each letter is kept by this tab at once (kept.js), and by the server
// while they type, when they leave, and when the page goes. What another tab or browser of the same person wrote is never overwritten
// unseen: the server says what is newer, and the person chooses.

import { post, readJson } from "../post.js"
import { Kept } from "./kept.js"

/** A save follows a pause in typing, and no later than this after the first letter. */
const PAUSE = 300
const LONGEST_WAIT = 1_000

/** After which a save that did not arrive is tried again. */
const RETRY = 3_000

/** A save is under way for seconds, not for so many pages. */
const MOST_BEFORE = 20

export class Draft {
  /** What another page wrote meanwhile, until the person chooses: `{ version, body }`. */
  newer = null

  /** The messages this page is sending, by id: `{ id, text, turn }`. */
  sending = new Map()

  /** Messages of which nobody knows whether they were taken: the answer was lost, or the page went before it came. `{ id, text }` */
  uncertain = []

  /** The server keeps only the beginning: the rest is in this tab alone. */
  isCut = false

  /** Typed on this page: no other page's text takes its place unasked. */
  isOwn = false

  /** The pages before this one in this tab, latest first: this page has all they wrote, whenever the server takes it. `{ writer, turn }` */
  before = []

  /** `told()`: another page's text is to be offered, or no longer; the field may have changed. `cut(isCut)`: it is too long, or no longer. */
  constructor({ kind, field, conversation, told, cut }) {
    const { version, writer, turn } = field.dataset
    Object.assign(this, { kind, field, told, cut })
    this.address = `/conversations/${conversation}/draft`
    this.writer = crypto.randomUUID()
    this.turn = 0
    this.answered = 0
    this.version = Number(version)
    this.saved = field.defaultValue
    this.kept = new Kept(kind, conversation)
    this.#resume({ writer, turn: Number(turn) })
  }

  get text() {
    return this.field.value
  }

  typed() {
    this.isOwn = this.text !== ""
    this.#keep()
    clearTimeout(this.pause)
    this.pause = setTimeout(() => this.save(), PAUSE)
    this.limit ??= setTimeout(() => this.save(), LONGEST_WAIT)
  }

  /** Saves what is not saved yet, also from a page that goes away. */
  async save() {
    this.#rest()
    const { text } = this
    if ((text === this.saved && !this.#isUnderWay) || this.newer || (this.sending.size > 0 && !text)) return
    const turn = (this.turn += 1)
    this.#keep()
    const response = await post(this.address, { kind: this.kind, body: text, ...this.#page(turn) }, { keepalive: true })
    if (turn <= this.answered) return
    const answer = [200, 409].includes(response?.status) ? await readJson(response) : null
    if (answer && response.ok) this.#taken(turn, text, answer)
    else if (answer) this.#heard(answer, turn)
    else if (!response || response.status >= 500 || response.ok) this.#tryAgain()
  }

  /** The id for a message of these words: the same words after a lost answer are the same message, which may have been taken. */
  idOf(text) {
    return this.uncertain.find((message) => message.text === text)?.id ?? crypto.randomUUID()
  }

  /** The text leaves the field as a message; answers what tells the server which draft it was. */
  leaves(id) {
    this.#rest()
    const turn = (this.turn += 1)
    this.sending.set(id, { id, text: this.text.trim(), turn })
    this.uncertain = this.uncertain.filter((message) => message.id !== id)
    this.field.value = ""
    this.#keep()
    return this.#page(turn)
  }

  /** The message was taken, and the server has forgotten its draft. */
  arrived(id) {
    const { turn } = this.#ends(id)
    if (this.answered < turn) Object.assign(this, { answered: turn, saved: "" })
    this.#keep()
    if (this.text !== this.saved) this.typed()
  }

  /** It was not: the text comes back, before whatever was begun meanwhile. */
  comesBack(id, { isLost }) {
    const { text } = this.#ends(id)
    if (isLost) this.uncertain.push({ id, text })
    this.field.value = [text, this.text].filter(Boolean).join("\n")
    this.typed()
  }

  /** A message that was on its way when the page went may come to stand in the thread: what was restored of it is no draft. */
  lookForSent() {
    const sent = this.uncertain.filter(({ id }) => this.#stands(id))
    if (sent.length === 0) return
    this.uncertain = this.uncertain.filter((message) => !sent.includes(message))
    this.field.value = without(sent, this.text)
    this.typed()
    this.told()
  }

  /** What the server has, which another page may have written. */
  seen(newer) {
    this.#heard(newer)
  }

  keepsOwn() {
    this.version = this.newer.version
    this.saved = null
    this.#settle()
    this.save()
  }

  /** As if it were typed, so that the browser's own undo brings back what stood there. */
  takesOther() {
    const { body, version } = this.newer
    this.field.focus()
    this.field.select()
    if (!document.execCommand("insertText", false, body)) this.field.value = body
    Object.assign(this, { version, saved: body, isOwn: true })
    this.#settle()
  }

  stop() {
    this.save()
    this.#rest()
    this.isOver = true
  }

  /** The page before this one in this tab may have left words that the server did not have yet when it made this page. */
  #resume(server) {
    const kept = this.kept.read()
    if (!kept) return
    const { writer, turn } = kept
    this.before = [{ writer, turn }, ...(kept.before ?? [])].slice(0, MOST_BEFORE)
    const sent = kept.sending.filter(({ id }) => this.#stands(id))
    this.uncertain = kept.sending.filter((message) => !sent.includes(message))
    if (kept.sending.length === 0 && kept.isSaved) return this.#catchUp(kept, server)
    if (kept.sending.length === 0 && this.#isOverwritten(kept)) return this.#keep()
    // A call that ended with its page may have come back to the field before the page was gone.
    const lost = this.uncertain.map((message) => message.text).filter((text) => !kept.text.includes(text))
    const text = [...lost, without(sent, kept.text)].filter(Boolean).join("\n")
    if (text === this.text) return this.#keep()
    const isSeen = kept.version === this.version || this.#isOfBefore(server)
    if (!isSeen && this.text) this.newer = { version: this.version, body: this.text }
    this.field.value = text
    this.typed()
  }

  /** The server had it, although nobody lived to hear so, and another page that saw it wrote or sent what stands there now. */
  #isOverwritten({ writer, turn }) {
    const { overwrittenWriter, overwrittenTurn } = this.field.dataset
    return writer === overwrittenWriter && turn <= Number(overwrittenTurn)
  }

  /** The server made this page before it had what this tab then saved, or sent: shown is what it has now. */
  #catchUp(kept, { writer, turn }) {
    const isOlder = writer === kept.writer ? turn < kept.turn : this.version <= kept.version
    if (!isOlder) return
    this.field.value = kept.text
    Object.assign(this, { version: kept.version, saved: kept.text })
  }

  /** Whether a page before this one wrote it. A tab that was copied has a living twin, which counts on from there. */
  #isOfBefore(newer) {
    return this.before.some(({ writer, turn }) => newer.writer === writer && newer.turn <= turn)
  }

  #ends(id) {
    const message = this.sending.get(id)
    this.sending.delete(id)
    return message
  }

  #stands(id) {
    const prefix = this.kind === "note" ? "note" : "message"
    return document.querySelector(`#${prefix}-${CSS.escape(id)}[data-seq]`) !== null
  }

  #taken(turn, text, { version, cut }) {
    if (cut !== this.isCut) this.cut(cut)
    Object.assign(this, { answered: turn, version, saved: text, isCut: cut })
    this.#keep()
  }

  /** What the server has. With `turn` it is why that save was not taken. */
  #heard(newer, turn = 0) {
    if (this.isOver || this.sending.size > 0 || newer.writer === this.writer) return
    if (turn === 0 && newer.version <= this.version) return
    this.answered = Math.max(this.answered, turn)
    if (newer.body === this.text || this.#isOfBefore(newer) || (this.#isUnseen && !newer.body)) this.#sees(newer)
    else if (this.isOwn && newer.body) this.#offer(newer)
    else this.#becomes(newer)
  }

  /** Typed here, and no other page has seen all of it: it cannot have been sent from one. */
  get #isUnseen() {
    return this.isOwn && (this.text !== this.saved || this.isCut)
  }

  /** Its own text stands, on top of what it has now seen. */
  #sees({ version, body }) {
    Object.assign(this, { version, saved: body })
    this.#settle()
    this.save()
  }

  /** Nobody typed here, or it was sent elsewhere: the page shows what was typed there. */
  #becomes({ version, body }) {
    this.field.value = body
    Object.assign(this, { version, saved: body, isOwn: false })
    this.#settle()
  }

  #offer(newer) {
    this.newer = newer
    this.#keep()
    this.told()
  }

  #settle() {
    this.newer = null
    this.#keep()
    this.told()
  }

  #page(turn) {
    return { writer: this.writer, turn, seen_version: this.version }
  }

  #keep() {
    if (this.isOver && this.kept.read()?.writer !== this.writer) return
    const { text, version, writer, turn, saved, before } = this
    const isSaved = text === saved && !this.isCut
    this.kept.write({ text, version, writer, turn, before, isSaved, sending: [...this.sending.values(), ...this.uncertain] })
  }

  /** Something was sent that is not answered yet: what the server will have then is not what it was known to have. */
  get #isUnderWay() {
    return this.turn > this.answered
  }

  /** Without a network it waits until there is one. */
  #tryAgain() {
    if (this.isOver || !navigator.onLine) return
    this.retry ??= setTimeout(() => this.save(), RETRY)
  }

  #rest() {
    for (const timer of [this.pause, this.limit, this.retry]) clearTimeout(timer)
    this.limit = this.retry = null
  }
}

/** What is left of a text when messages were made of parts of it. */
function without(messages, text) {
  return messages.reduce((rest, message) => (rest.includes(message.text) ? rest.replace(message.text, "").trim() : rest), text)
}
