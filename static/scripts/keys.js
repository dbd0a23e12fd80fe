// What a press of a key means. Every handler of keys asks here first.

/**
 * Whether an input method has the key: a word is being composed, and Enter chooses it. Safari ends the composition before it reports
 * that Enter; then only the code 229 tells.
 */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229
}

/** Whether letters go into this element. */
export function isWriting(element) {
  return Boolean(element?.closest?.("input:not([type=radio]), textarea, select, [contenteditable]"))
}

/** Whether there is a keyboard beside the screen, and room for what it writes: on a phone the caret brings up one that covers half of it. */
export function hasKeyboard() {
  return matchMedia("(min-width: 768px) and (hover: hover)").matches
}
