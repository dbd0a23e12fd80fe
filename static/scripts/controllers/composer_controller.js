// Writing: answers and notes that show at once, drafts kept on the server, pictures checked before they travel.

import { Controller } from "../../vendor/stimulus.js"
import { CannedReplies } from "../composer/canned.js"
import { Picture } from "../composer/picture.js"
import { follow, post } from "../post.js"
import { socket } from "../socket.js"
import { pending } from "../thread/pending.js"
import { t } from "../words.js"

const DRAFT_AFTER = 800
const TYPING_EVERY = 3_000

export default class extends Controller {
  static targets = [
    "mode", "reply", "note", "text", "noteText", "messageId", "noteId", "seen", "picture", "preview", "image", "imageName", "canned",
    "cannedReplies", "sendAndResolve",
  ]
  static values = { conversation: String, mode: String }

  connect() {
    this.conversation = this.element.closest(".conversation")
    this.chosenPicture = new Picture(this.previewTarget, this.imageTarget, this.imageNameTarget)
    this.cannedList = new CannedReplies(this.cannedTarget, this.textTarget, JSON.parse(this.cannedRepliesTarget.textContent))
    this.savedDraft = this.textTarget.value
    this.noteTextTarget.value ||= sessionStorage.getItem(this.#noteKey) ?? ""
    this.stops = []
    this.#on(this.conversation, "conversation:changed", () => this.#fit())
    this.#on(window, "guard:send", (event) => this.#sendAnyway(event.detail))
    this.#on(this.element, "composer:write", (event) => this.#write(event.detail))
    this.#on(window, "pagehide", () => this.#saveDraft())
    this.#fit()
  }

  disconnect() {
    this.#saveDraft()
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
    clearTimeout(this.drafting)
    this.drafting = setTimeout(() => this.#saveDraft(), DRAFT_AFTER)
    if (this.textTarget.value && Date.now() - (this.typedAt ?? 0) > TYPING_EVERY) {
      this.typedAt = Date.now()
      socket.typing(this.conversationValue)
    }
  }

  grew() {
    this.#fitHeight(this.noteTextTarget)
    sessionStorage.setItem(this.#noteKey, this.noteTextTarget.value)
  }

  key(event) {
    if (event.isComposing) return
    if (this.cannedList.key(event)) return
    if (this.isHeld) return event.key === "Enter" && event.preventDefault()
    if (event.key !== "Enter" || event.shiftKey) return
    event.preventDefault()
    const resolves = event.ctrlKey || event.metaKey
    this.replyTarget.requestSubmit(resolves ? this.sendAndResolveTarget : undefined)
  }

  noteKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
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
    this.textTarget.focus()
  }

  send(event) {
    event.preventDefault()
    this.#send(event.submitter === this.sendAndResolveTarget)
  }

  async sendNote(event) {
    event.preventDefault()
    const body = this.noteTextTarget.value.trim()
    if (!body) return
    const id = crypto.randomUUID()
    this.#show({ kind: "note", id, text: body })
    this.noteTextTarget.value = ""
    this.grew()
    const response = await post(this.noteTarget.action, { note_id: id, body })
    if (await this.#accepted(response, `note-${id}`)) return
    this.noteTextTarget.value ||= body
    this.grew()
  }

  async #send(resolves) {
    const text = this.textTarget.value.trim()
    const picture = this.chosenPicture.chosen
    if (!text && !picture) return
    // The same words after a lost answer are the same message: it may have been taken.
    const id = !picture && this.lost?.text === text ? this.lost.id : crypto.randomUUID()
    const fields = this.#fields({ id, text, picture, resolves })
    this.#show({ kind: "message", id, text, picture: picture && { ...picture } })
    this.#empty()
    const response = await post(this.replyTarget.action, fields)
    this.lost = response ? null : { text, id }
    if (await this.#accepted(response, `message-${id}`)) {
      // Their own act, not somebody else's: nothing is held.
      if (resolves) this.textTarget.blur()
      return
    }
    this.textTarget.value ||= text
    if (picture && !this.chosenPicture.chosen) this.#usePicture(picture.file, { isRestored: true })
    this.#fitHeight(this.textTarget)
  }

  #fields({ id, text, picture, resolves }) {
    const fields = new FormData()
    fields.set("csrf", this.replyTarget.elements.csrf.value)
    fields.set("message_id", id)
    fields.set("seen", this.sendSeen ?? this.conversation.dataset.seen ?? this.seenTarget.value)
    fields.set("text", text)
    if (picture) fields.set("picture", picture.file, picture.file.name)
    if (resolves) fields.set("resolve", "true")
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
    if (response?.ok) return true
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

  #empty() {
    this.textTarget.value = ""
    this.#fitHeight(this.textTarget)
    this.#clearPicture({ keepAddress: true })
    this.savedDraft = ""
    clearTimeout(this.drafting)
    post(`/conversations/${this.conversationValue}/draft`, { body: "" })
  }

  #saveDraft() {
    clearTimeout(this.drafting)
    const body = this.textTarget.value
    if (body === this.savedDraft) return
    this.savedDraft = body
    post(`/conversations/${this.conversationValue}/draft`, { body }, { keepalive: true })
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
    this.mayReply = stance === "mine" && window === "open"
    if (this.mayReply && couldReply === false) this.#refuse("")
    this.#hold(!this.mayReply && document.activeElement === this.textTarget)
    this.#mode(this.mayReply || this.isHeld ? (this.wanted ?? "reply") : "note", { isWish: false })
  }

  /** Somebody else acted while this person was typing: their words stay in sight until they leave them, and no key goes elsewhere. */
  #hold(isHeld) {
    this.isHeld = isHeld
    this.element.classList.toggle("is-held", isHeld)
    this.textTarget.readOnly = isHeld
    if (!isHeld) return
    this.cannedList.close()
    this.textTarget.addEventListener("blur", () => this.#fit(), { once: true })
  }

  #mode(mode, { isWish = true } = {}) {
    if (isWish) this.wanted = mode
    this.modeValue = this.mayReply || this.isHeld ? mode : "note"
    for (const button of this.modeTargets) button.setAttribute("aria-pressed", String(button.dataset.mode === this.modeValue))
  }

  /** Where this tab keeps a note that was begun. */
  get #noteKey() {
    return `note ${document.body.dataset.user} ${this.conversationValue}`
  }

  get #field() {
    return this.modeValue === "note" ? this.noteTextTarget : this.textTarget
  }

  /** Browsers without `field-sizing` grow by script. */
  #fitHeight(field) {
    if (CSS.supports("field-sizing", "content")) return
    field.style.blockSize = "auto"
    field.style.blockSize = `${field.scrollHeight}px`
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
