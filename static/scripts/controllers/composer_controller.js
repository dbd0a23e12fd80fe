// Writing: answers and notes that show at once, drafts that are safe at every moment, pictures checked before they travel.

import { Controller } from "../../vendor/stimulus.js"
import { CannedReplies } from "../composer/canned.js"
import { Caret } from "../composer/caret.js"
import { Drafts } from "../composer/drafts.js"
import { Picture } from "../composer/picture.js"
import { isComposing } from "../keys.js"
import { follow, post } from "../post.js"
import { socket } from "../socket.js"
import { pending } from "../thread/pending.js"
import { t } from "../words.js"

const TYPING_EVERY = 3_000

/** A refusal stands this long at least, in milliseconds, though what it is about changes: often both come at once. */
const READ = 5000

export default class extends Controller {
  static targets = [
    "mode", "reply", "note", "text", "noteText", "messageId", "noteId", "seen", "picture", "preview", "image", "imageName", "canned",
    "cannedReplies", "sendAndResolve", "other",
  ]
  static values = { conversation: String, mode: String }

  connect() {
    this.conversation = this.element.closest(".conversation")
    this.chosenPicture = new Picture(this.pictureTarget, this.previewTarget, this.imageTarget, this.imageNameTarget)
    this.cannedList = new CannedReplies(this.cannedTarget, this.textTarget, JSON.parse(this.cannedRepliesTarget.textContent))
    this.caret = new Caret(this.conversationValue)
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
    const refusals = new MutationObserver(() => { this.refusedAt = Date.now() })
    refusals.observe(document.getElementById("composer-refusal"), { childList: true })
    this.stops.push(() => refusals.disconnect())
    this.#fit()
    if (this.mayReply) this.caret.take(this.#field)
  }

  disconnect() {
    this.drafts.stop()
    this.chosenPicture.clear()
    for (const stop of this.stops) stop()
  }

  choose({ currentTarget }) {
    this.#mode(currentTarget.dataset.mode)
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
    if (this.isHeld) return event.key === "Enter" && event.preventDefault()
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
    this.#usePicture(this.pictureTarget.files[0])
  }

  paste(event) {
    const file = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"))
    if (!file) return
    event.preventDefault()
    this.#usePicture(file)
  }

  over(event) {
    if ([...event.dataTransfer.types].includes("Files")) event.preventDefault()
  }

  drop(event) {
    const file = event.dataTransfer.files[0]
    if (!file) return
    event.preventDefault()
    this.#usePicture(file)
  }

  dropPicture() {
    this.#clearPicture()
    this.#refuse("")
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
    const fields = { note_id: id, body, ...draft.leaves(id) }
    this.#fitHeight(this.noteTextTarget)
    await this.#sent(draft, id, this.noteTarget.action, fields)
  }

  async #send(resolves) {
    const draft = this.drafts.reply
    const text = draft.text.trim()
    const picture = this.chosenPicture.chosen
    if (!text && !picture) return
    const id = picture ? crypto.randomUUID() : draft.idOf(text)
    this.#show({ kind: "message", id, text, picture: picture && { ...picture } })
    const fields = this.#fields({ id, text, picture, resolves, page: draft.leaves(id) })
    this.#fitHeight(this.textTarget)
    this.#clearPicture({ keepAddress: true })
    const isTaken = await this.#sent(draft, id, this.replyTarget.action, fields)
    // Their own act, not somebody else's: nothing is held.
    if (isTaken && resolves) this.textTarget.blur()
    if (!isTaken && picture && !this.chosenPicture.chosen) this.#usePicture(picture.file, { isRestored: true })
  }

  /** Posts what left the draft, also from a page that goes away. Whether it was taken; if not, it comes back. */
  async #sent(draft, id, address, fields) {
    const response = await post(address, fields, { keepalive: true })
    const isTaken = await this.#accepted(response, `${draft.kind === "note" ? "note" : "message"}-${id}`)
    if (isTaken) draft.arrived(id)
    else draft.comesBack(id, { isLost: !response })
    this.#fitHeight(draft.field)
    this.drafts.show()
    return isTaken
  }

  #fields({ id, text, picture, resolves, page }) {
    const fields = new FormData()
    fields.set("csrf", this.replyTarget.elements.csrf.value)
    fields.set("message_id", id)
    fields.set("seen", this.sendSeen ?? this.conversation.dataset.seen ?? this.seenTarget.value)
    fields.set("text", text)
    if (picture) fields.set("picture", picture.file, picture.file.name)
    if (resolves) fields.set("resolve", "true")
    for (const [name, value] of Object.entries(page)) fields.set(name, value)
    this.sendSeen = null
    return fields
  }

  #sendAnyway({ text, seen, resolve }) {
    this.textTarget.value = text
    this.sendSeen = seen
    this.#send(resolve)
  }

  /** Whether the server took it. If not, the stand-in goes and the reason shows. */
  async #accepted(response, standIn) {
    if (response?.ok) {
      await follow(response)
      return true
    }
    const element = document.getElementById(standIn)
    if (element?.classList.contains("is-pending")) element.remove()
    if (!response || !(await follow(response))) this.#refuse(t("composer.not_sent"))
    return false
  }

  #show(what) {
    this.#refuse("")
    const { user: author, userName: authorName } = document.body.dataset
    this.dispatch("pending", { detail: pending({ ...what, author, authorName }) })
  }

  /** What was refused comes back together with the reason why. */
  async #usePicture(file, { isRestored = false } = {}) {
    const problem = await this.chosenPicture.use(file)
    if (problem || !isRestored) this.#refuse(problem ? t(problem) : "")
    if (problem) this.pictureTarget.value = ""
    else this.textTarget.focus()
  }

  #clearPicture(options) {
    this.chosenPicture.clear(options)
    this.pictureTarget.value = ""
  }

  #write(what) {
    if (what !== "note" && !this.mayReply) return
    this.#mode(what === "note" ? "note" : "reply")
    this.#field.focus()
    if (what === "canned" && this.modeValue === "reply") this.cannedList.open()
  }

  /** Only notes can be written where answering is not possible. */
  #fit() {
    const { stance, window } = this.conversation.dataset
    const couldReply = this.mayReply
    this.mayReply = stance === "mine" && window !== "closed"
    const isGained = this.mayReply && couldReply === false
    if (this.standing !== undefined && this.standing !== this.#standing && Date.now() - this.refusedAt > READ) this.#refuse("")
    this.standing = this.#standing
    this.#hold(!this.mayReply && document.activeElement === this.textTarget)
    this.#mode(this.mayReply || this.isHeld ? (this.wanted ?? "reply") : "note", { isWish: false })
    if (isGained && this.caret.isDue) this.caret.take(this.#field)
  }

  /** Who holds the conversation, and where: what was refused while it was another no longer holds. */
  get #standing() {
    return document.getElementById("standing")?.dataset.holder
  }

  /** Somebody else acted while this person was typing: their words stay in sight until they leave them, and no key goes elsewhere. */
  #hold(isHeld) {
    if (isHeld) this.#refuse(t("composer.held"))
    else if (this.isHeld) this.#unsay("composer.held")
    this.isHeld = isHeld
    this.element.classList.toggle("is-held", isHeld)
    this.textTarget.readOnly = isHeld
    if (!isHeld) return
    this.cannedList.close()
    this.textTarget.addEventListener("blur", () => this.#fit(), { once: true })
  }

  /** What became one's own by one's own act is written in at once. */
  #acted(detail) {
    this.caret.acted(detail)
    if (this.caret.isDue && this.mayReply) this.caret.take(this.#field)
  }

  #mode(mode, { isWish = true } = {}) {
    if (isWish) this.wanted = mode
    this.modeValue = this.mayReply || this.isHeld ? mode : "note"
    for (const button of this.modeTargets) button.setAttribute("aria-pressed", String(button.dataset.mode === this.modeValue))
  }

  get #field() {
    return this.modeValue === "note" ? this.noteTextTarget : this.textTarget
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
    this.#unsay("connection.not_done")
  }

  #cut(isCut) {
    if (isCut) this.#refuse(t("composer.cut"))
    else this.#unsay("composer.cut")
  }

  /** Browsers without `field-sizing` grow by script. */
  #fitHeight(field) {
    if (CSS.supports("field-sizing", "content")) return
    field.style.blockSize = "auto"
    field.style.blockSize = `${field.scrollHeight}px`
  }

  /** What was said holds no more. */
  #unsay(key) {
    if (document.getElementById("composer-refusal").textContent === t(key)) this.#refuse("")
  }

  #refuse(words) {
    const place = document.getElementById("composer-refusal")
    if (!words) return place.replaceChildren()
    place.replaceChildren(Object.assign(document.createElement("p"), { textContent: words }))
  }

  #on(source, kind, listener) {
    source.addEventListener(kind, listener)
    this.stops.push(() => source.removeEventListener(kind, listener))
  }
}
