// What can stand where the caret is: keys and words from the schema, and names from the definition and the workspace.

import { contextAt } from "./context.js"
import { unquoted } from "./tokens.js"

const MOST = 40

/** Keys whose values name a node, and those that name a queue. */
const TO_NODES = ["next", "otherwise", "start"]
const TO_QUEUES = ["queue", "default_queue", "hours"]

/** Placeholders that every text may have. */
const PLACEHOLDERS = ["contact.first_name", "contact.name", "queue.promise", "queue.name"]

/**
 * What can be put in: `{ offers, from, to }`, each offer `{ text, about, put, caret }`: `put` takes the place of the letters from `from` to
 * `to`, and `caret` is where the caret goes in it. `flow` is the definition as it was last read.
 */
export function offersAt(text, caret, schema, flow, known) {
  const context = contextAt(text, caret)
  const { token, isKey, path } = context
  const opened = token && !isKey ? /\{([\w.]*)$/.exec(text.slice(token.from, caret)) : null
  if (opened) return placeholders(opened[1], caret, flow, known)
  const typed = token ? unquoted(text.slice(token.from, caret)) : ""
  const from = token?.from ?? caret
  const to = token ? endOf(token, caret) : caret
  const hasColon = /^\s*:/.test(text.slice(to))
  const schemas = schemasAt(schema, path, context.objects)
  const all = isKey ? keys(schema, schemas, context, flow, hasColon) : values(schema, schemas, context, flow, known)
  const wanted = typed.toLowerCase()
  const starts = all.filter((offer) => offer.text.toLowerCase().startsWith(wanted))
  const holds = all.filter((offer) => !starts.includes(offer) && offer.text.toLowerCase().includes(wanted))
  const offers = [...starts, ...holds].filter((offer) => !(token && offer.text === typed && starts.length === 1)).slice(0, MOST)
  return { offers, from, to }
}

/** The string ends at its quotation mark, or, while there is none, at the caret. */
function endOf(token, caret) {
  return token.text.length > 1 && token.text.endsWith('"') ? token.to : caret
}

function placeholders(typed, caret, flow, known) {
  const names = [...PLACEHOLDERS, ...fieldsOf(flow).map((field) => `answer.${field}`), ...known.fields.map(({ key }) => `contact.${key}`)]
  const offers = [...new Set(names)].filter((name) => name.startsWith(typed)).map((name) => ({ text: name, put: `${name}}`, about: "" }))
  return { offers: offers.slice(0, MOST), from: caret - typed.length, to: caret }
}

function keys(root, schemas, { objects, path }, flow, hasColon) {
  const used = Object.keys(objects.at(-1) ?? {})
  const found = new Map()
  for (const { properties = {}, required = [] } of schemas) {
    for (const [key, schema] of Object.entries(properties)) {
      if (!used.includes(key)) found.set(key, { schema, isRequired: required.includes(key) })
    }
  }
  const offers = [...found].sort(([, one], [, other]) => Number(other.isRequired) - Number(one.isRequired))
  const named = offers.map(([key, { schema }]) => ({ text: key, about: firstSentence(schema.description), ...putKey(root, key, schema, hasColon) }))
  return path.at(-1) === "nodes" ? missingNodes(flow, used).map((key) => ({ text: key, about: "", ...putKey(root, key, { type: "object" }, hasColon) })) : named
}

/** Nodes that something leads to and that are not there yet. */
function missingNodes(flow, used) {
  const leads = JSON.stringify(flow ?? {}).matchAll(/"(?:next|otherwise|start)":"([^"]+)"/g)
  return [...new Set([...leads].map((match) => match[1]))].filter((key) => !used.includes(key) && !(key in (flow?.nodes ?? {})))
}

function putKey(root, key, schema, hasColon) {
  if (hasColon) return { put: `"${key}"` }
  const types = expanded(root, schema, {}).flatMap(({ type, enum: words, const: word }) => type ?? (words || word !== undefined ? "string" : []))
  const opening = `"${key}": `
  const pair = types.includes("string") ? '""' : types.includes("array") ? "[]" : types.includes("object") ? "{  }" : ""
  return { put: opening + pair, caret: opening.length + (pair === "{  }" ? 2 : Math.min(pair.length, 1)) }
}

function values(root, schemas, { path, objects }, flow, known) {
  const [key, outer] = [lastKey(path), lastKey(path.slice(0, -1))]
  const node = objects[2] ?? {}
  if (TO_NODES.includes(key)) return named(Object.keys(flow?.nodes ?? {}).map((id) => ({ key: id, about: flow.nodes[id]?.kind ?? "" })))
  if (TO_QUEUES.includes(key) && (key !== "hours" || outer === "on")) return named(known.queues)
  if (key === "tag" && node.kind === "add_tag") return named(known.tags)
  if (key === "field" && node.kind === "set_field") return named(known.fields)
  if (key === "field" && ["on", "queue"].includes(outer)) return named([...fieldsOf(flow).map((field) => ({ key: field, about: "" })), ...known.fields.filter(({ key }) => !fieldsOf(flow).includes(key))])
  if (key === "equals" || key === "in") return named(valuesOf(flow, flow?.nodes?.[path[1]] ?? node))
  if (key === "language") return named([{ key: "en", about: "English" }, { key: "es", about: "Español" }])
  const words = schemas.flatMap((schema) => schema.enum ?? (schema.const === undefined ? [] : [schema.const]))
  const kinds = key === "kind" ? kindsOf(root, path, objects) : []
  const switches = schemas.some((schema) => schema.type === "boolean") ? [true, false] : []
  return [...new Set([...kinds, ...words, ...switches])].filter((word) => word !== null).map((word) => ({ text: String(word), about: "", put: JSON.stringify(word) }))
}

/** Every kind that can stand there, whichever stands there now. */
function kindsOf(root, path, objects) {
  const without = objects.map((values, index) => (index === objects.length - 1 ? {} : values))
  return schemasAt(root, path.slice(0, -1), without).map(({ properties }) => properties?.kind?.const).filter(Boolean)
}

function named(names) {
  return names.map(({ key, about }) => ({ text: key, about, put: JSON.stringify(key) }))
}

/** What a branch can find: the options of the questions that answer its field, or whether a queue is open. */
function valuesOf(flow, node) {
  if (node.on?.hours !== undefined) return ["open", "closed"].map((key) => ({ key, about: "" }))
  const asks = Object.values(flow?.nodes ?? {}).filter((other) => other?.field === node.on?.field)
  const titled = ({ id, title }) => ({ key: id, about: typeof title === "string" ? title : (Object.values(title ?? {})[0] ?? "") })
  return asks.flatMap((ask) => (ask.options ?? []).map(titled))
}

function fieldsOf(flow) {
  return [...new Set(Object.values(flow?.nodes ?? {}).filter((node) => node?.kind === "ask").map((node) => node.field))].filter(Boolean)
}

function lastKey(path) {
  return path.findLast((step) => typeof step === "string")
}

/** The schemas that what stands at the end of a way must fit, as far as the kinds on it tell. */
function schemasAt(root, path, objects) {
  let schemas = expanded(root, root, objects[0])
  for (const [depth, step] of path.entries()) {
    schemas = schemas.flatMap((schema) => {
      const inner = typeof step === "number" ? schema.items : (schema.properties?.[step] ?? schema.additionalProperties)
      return inner && typeof inner === "object" ? expanded(root, inner, objects[depth + 1]) : []
    })
  }
  return schemas
}

/** A schema without references and choices: all that it may be, by the kind of the object that stands there. */
function expanded(root, schema, values) {
  if (schema.$ref) return expanded(root, resolved(root, schema.$ref), values)
  const choices = schema.oneOf ?? schema.anyOf
  const own = choices ? choices.flatMap((choice) => expanded(root, choice, values)) : [schema]
  const kind = values?.kind
  const fits = own.filter(({ properties }) => kind && properties?.kind && properties.kind.const === kind)
  return fits.length > 0 ? fits : own
}

function resolved(root, reference) {
  return reference.slice(2).split("/").reduce((schema, step) => schema?.[step], root) ?? {}
}

function firstSentence(text = "") {
  return text.split(/[.\n]/)[0]
}
