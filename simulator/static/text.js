// WhatsApp's marks and links in a text, as elements.

import { h } from "./dom.js";

const MARKS = [
  [/```([^]+?)```/, (inner) => h("code", {}, inner)],
  [/(?<![\p{L}\p{N}*])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?![\p{L}\p{N}*])/u, (inner) => h("strong", {}, ...marked(inner))],
  [/(?<![\p{L}\p{N}_])_([^\s_](?:[^_\n]*[^\s_])?)_(?![\p{L}\p{N}_])/u, (inner) => h("em", {}, ...marked(inner))],
  [/(?<![\p{L}\p{N}~])~([^\s~](?:[^~\n]*[^\s~])?)~(?![\p{L}\p{N}~])/u, (inner) => h("s", {}, ...marked(inner))],
  [/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/, (inner) => h("a", { href: inner, target: "_blank", rel: "noreferrer noopener" }, inner)],
];

/** The parts of `text`: strings and elements. */
export function marked(text) {
  let first = null;
  for (const [pattern, make] of MARKS) {
    const match = pattern.exec(text);
    if (match && (first === null || match.index < first.match.index)) first = { match, make };
  }
  if (first === null) return [text];
  const { match, make } = first;
  const rest = text.slice(match.index + match[0].length);
  return [text.slice(0, match.index), make(match[1]), ...(rest ? marked(rest) : [])].filter((part) => part !== "");
}
