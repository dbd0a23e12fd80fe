// Writing: answers and notes that show at once, drafts that are safe at every moment, pictures checked before they travel.

import { Controller } from "../../vendor/stimulus.js"
import { CannedReplies } from "../composer/canned.js"
import { Caret } from "../composer/caret.js"
import { Drafts } from "../composer/drafts.js"
import { Modes } from "../composer/modes.js"
import { Picture } from "../composer/picture.js"
import { Refusal } from "../composer/refusal.js"
import { replyFields, send } from "../composer/sending.js"
import { isComposing } from "../keys.js"
import { socket } from "../socket.js"
import { pending } from "../thread/pending.js"
import { t } from "../words.js"

const TYPING_EVERY = 3_000

export default class extends Controller {
  static targets = [
    "mode", "reply", "note", "text", "noteText", "messageId", "noteId", "seen", "picture", "preview", "image", "imageName", "canned",
    "sendAndResolve", "other",
  ]
  static values = { conversation: String, mode: String }

  connect() {
    this.conversation = this.element.closest(".conversation")
    this.cannedList = new CannedReplies(this.cannedTarget, this.textTarget, `/conversations/${this.conversationValue}/canned-replies`)
    this.caret = new Caret(this.conversationValue)
    this.refusal = new Refusal()
    this.chosenPicture = new Picture({
      preview: this.previewTarget, image: this.imageTarget, name: this.imageNameTarget, input: this.pictureTarget, text: this.textTarget,
      refusal: this.refusal,
    })
    this.modes = this.#modes()
    this.drafts = this.#drafts()
    this.stops = []
    this.#on(this.conversation, "conversation:changed", () => this.#fit())
    this.#on(this.conversation, "conversation:applied", () => this.drafts.lookForSent())
    // A page that Turbo kept is older than what was written or sent on another one since.
    this.#on(document, "turbo:render", () => this.drafts.look())
    this.#on(document, "turbo:submit-end", (event) => this.#acted(event.detail))
    this.#on(window, "guard:send", (event) => this.#sendAnyway(event.detail))
    this.#on(this.element, "composer:write", (event) => this.#write(event.detail))
    this.#on(socket, "resync", () => this.#reached())
    this.#on(socket, "draft", (event) => this.drafts.heard(event.detail))
    this.#fit()
    if (this.modes.mayReply) this.caret.take(this.#field)
  }

  disconnect() {
    this.drafts.stop()
    this.refusal.stop()
    this.chosenPicture.clear()
    for (const stop of this.stops) stop()
  }

  choose({ currentTarget }) {
    this.modes.choose(currentTarget.dataset.mode)
    this.#field.focus()
  }

  typed() {
    this.#fitHeight(this.textTarget)
    this.cannedList.typed()
    this.drafts.typed("reply")
    if (this.textTarget.value && Date.now() - (this.typedAt ?? 0) > TYPING_EVERY) {
      this.typedAt = Date.now()
      socket.typing(this.conversationValue)
    }
  }

  typedNote() {
    this.#fitHeight(this.noteTextTarget)
    this.drafts.typed("note")
  }

  leave() {
    this.drafts.save()
  }

  /** Hidden, it may be ended without another word; shown again, it may be older than what another page wrote. */
  turned({ type, persisted }) {
    if (document.visibilityState === "hidden") this.leave()
    else if (type !== "pageshow" || persisted) this.drafts.look()
  }

  keepOwn({ target }) {
    this.drafts.around(target).keepsOwn()
    this.#field.focus()
  }

  takeOther({ target }) {
    this.drafts.around(target).takesOther()
  }

  key(event) {
    if (isComposing(event)) return
    if (this.cannedList.key(event)) return
    if (this.modes.isHeld) return event.key === "Enter" && event.preventDefault()
    if (event.key !== "Enter" || event.shiftKey) return
    event.preventDefault()
    const resolves = event.ctrlKey || event.metaKey
    this.replyTarget.requestSubmit(resolves ? this.sendAndResolveTarget : undefined)
  }

  noteKey(event) {
    if (isComposing(event) || event.key !== "Enter" || event.shiftKey) return
    event.preventDefault()
    this.noteTarget.requestSubmit()
  }

  openCanned() {
    this.#write("canned")
  }

  picked() {
    this.chosenPicture.take(this.pictureTarget.files[0])
  }

  paste(event) {
    this.chosenPicture.takeFrom(event, [...event.clipboardData.files].find((file) => file.type.startsWith("image/")))
  }

  over(event) {
    if ([...event.dataTransfer.types].includes("Files")) event.preventDefault()
  }

  drop(event) {
    this.chosenPicture.takeFrom(event, event.dataTransfer.files[0])
  }

  dropPicture() {
    this.chosenPicture.clear()
    this.refusal.say("")
    this.textTarget.focus()
  }

  send(event) {
    event.preventDefault()
    this.#send(event.submitter === this.sendAndResolveTarget)
  }

  async sendNote(event) {
    event.preventDefault()
    const draft = this.drafts.note
    const body = draft.text.trim()
    if (!body) return
    const id = draft.idOf(body)
    this.#show({ kind: "note", id, text: body })
    await this.#post(draft, id, this.noteTarget.action, { note_id: id, body, ...draft.leaves(id) })
  }

  async #send(resolves) {
    const draft = this.drafts.reply
    const text = draft.text.trim()
    const picture = this.chosenPicture.chosen
    if (!text && !picture) return
    const id = picture ? crypto.randomUUID() : draft.idOf(text)
    this.#show({ kind: "message", id, text, picture: picture && { ...picture } })
    const seen = this.sendSeen ?? this.conversation.dataset.seen ?? this.seenTarget.value
    this.sendSeen = null
    const canned = this.cannedList.began
    this.cannedList.began = null
    const fields = replyFields({ form: this.replyTarget, id, seen, text, picture, resolves, canned, page: draft.leaves(id) })
    this.chosenPicture.clear({ keepAddress: true })
    const isTaken = await this.#post(draft, id, this.replyTarget.action, fields)
    // Their own act, not somebody else's: nothing is held.
    if (isTaken && resolves) this.textTarget.blur()
    if (!isTaken && picture && !this.chosenPicture.chosen) this.chosenPicture.take(picture.file, { isRestored: true })
  }

  async #post(draft, id, address, fields) {
    this.#fitHeight(draft.field)
    const isTaken = await send({ draft, id, address, fields, refusal: this.refusal })
    this.#fitHeight(draft.field)
    this.drafts.show()
    return isTaken
  }

  #sendAnyway({ text, seen, resolve }) {
    this.textTarget.value = text
    this.sendSeen = seen
    this.#send(resolve)
  }

  #show(what) {
    this.refusal.say("")
    const { user: author, userName: authorName } = document.body.dataset
    this.dispatch("pending", { detail: pending({ ...what, author, authorName }) })
  }

  #write(what) {
    if (what !== "note" && !this.modes.mayReply) return
    this.modes.choose(what === "note" ? "note" : "reply")
    this.#field.focus()
    if (what === "canned" && this.modeValue === "reply") this.cannedList.open()
  }

  #fit() {
    if (this.modes.fit() && this.caret.isDue) this.caret.take(this.#field)
  }

  /** What became one's own by one's own act is written in at once. */
  #acted(detail) {
    this.caret.acted(detail)
    if (this.caret.isDue && this.modes.mayReply) this.caret.take(this.#field)
  }

  get #field() {
    return this.modeValue === "note" ? this.noteTextTarget : this.textTarget
  }

  #modes() {
    return new Modes({
      conversation: this.conversation, text: this.textTarget, buttons: this.modeTargets, refusal: this.refusal,
      shows: (mode) => { this.modeValue = mode }, holds: (isHeld) => this.#hold(isHeld), left: () => this.#fit(),
    })
  }

  #hold(isHeld) {
    this.element.classList.toggle("is-held", isHeld)
    if (isHeld) this.cannedList.close()
  }

  #drafts() {
    const byKind = (targets, name) => Object.fromEntries(targets.map((target) => [target.dataset[name], target]))
    const fields = { reply: this.textTarget, note: this.noteTextTarget }
    return new Drafts({
      conversation: this.conversationValue, fields, others: byKind(this.otherTargets, "kind"), modes: byKind(this.modeTargets, "mode"),
      changed: (kind) => this.#fitHeight(fields[kind]), cut: (isCut) => this.#cut(isCut),
    })
  }

  /** The server is there again: what says that it is not, is over. */
  #reached() {
    this.drafts.save()
    this.refusal.unsay("connection.not_done")
  }

  #cut(isCut) {
    if (isCut) this.refusal.say(t("composer.cut"))
    else this.refusal.unsay("composer.cut")
  }

  /** Browsers without `field-sizing` grow by script. */
  #fitHeight(field) {
    if (CSS.supports("field-sizing", "content")) return
    field.style.blockSize = "auto"
    field.style.blockSize = `${field.scrollHeight}px`
  }

  #on(source, kind, listener) {
    source.addEventListener(kind, listener)
    this.stops.push(() => source.removeEventListener(kind, listener))
  }
}
