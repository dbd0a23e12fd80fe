// A message or a note on its way: it stands in the thread at once, and what was not taken comes back to its field.

import { follow, post } from "../post.js"
import { t } from "../words.js"

/** Posts what left the draft, also from a page that goes away. Whether it was taken; if not, it comes back. */
export async function send({ draft, id, address, fields, refusal }) {
  const response = await post(address, fields, { keepalive: true })
  const isTaken = await accepted(response, `${draft.kind === "note" ? "note" : "message"}-${id}`, refusal)
  if (isTaken) draft.arrived(id)
  else draft.comesBack(id, { isLost: !response })
  return isTaken
}

/** Whether the server took it. If not, the stand-in goes and the reason shows. */
async function accepted(response, standIn, refusal) {
  if (response?.ok) {
    await follow(response)
    return true
  }
  const element = document.getElementById(standIn)
  if (element?.classList.contains("is-pending")) element.remove()
  if (!response || !(await follow(response))) refusal.say(t("composer.not_sent"))
  return false
}

/** What the form of an answer holds. `page` says which draft it was, `seen` what the person saw when they wrote it. */
export function replyFields({ form, id, seen, text, picture, resolves, canned, page }) {
  const fields = new FormData()
  fields.set("csrf", form.elements.csrf.value)
  fields.set("message_id", id)
  fields.set("seen", seen)
  fields.set("text", text)
  if (picture) fields.set("picture", picture.file, picture.file.name)
  if (canned) fields.set("canned", canned)
  if (resolves) fields.set("resolve", "true")
  for (const [name, value] of Object.entries(page)) fields.set(name, value)
  return fields
}
