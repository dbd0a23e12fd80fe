// Times in words, local to the person.

import { t } from "./words.js"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const formats = new Map()

/** The language of the page, as the person's region writes it: British agents see 14:30, American ones 02:30 PM. */
function locale() {
  const { lang } = document.documentElement
  return navigator.languages.find((tag) => tag.split("-")[0] === lang) ?? lang
}

function format(options) {
  const key = locale() + JSON.stringify(options)
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), options))
  return formats.get(key)
}

/** The local day of a moment as `2026-11-20`. */
export function dayKey(date) {
  const two = (number) => String(number).padStart(2, "0")
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Hours and minutes. */
export function clock(date) {
  return format({ hour: "2-digit", minute: "2-digit" }).format(date)
}

/** "Today", "Yesterday", or the day in full. */
export function day(date, now) {
  if (dayKey(date) === dayKey(now)) return t("clock.today")
  if (dayKey(date) === dayKey(new Date(now - DAY))) return t("clock.yesterday")
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric"
  return format({ weekday: "long", day: "numeric", month: "long", year }).format(date)
}

/** The time today, else the day, short enough for a row. */
export function moment(date, now) {
  if (dayKey(date) === dayKey(now)) return clock(date)
  if (dayKey(date) === dayKey(new Date(now - DAY))) return t("clock.yesterday")
  const year = date.getFullYear() === now.getFullYear() ? undefined : "2-digit"
  return format({ day: "numeric", month: "short", year }).format(date)
}

/** Day and time in full, for tooltips. */
export function full(date) {
  return format({ dateStyle: "full", timeStyle: "short" }).format(date)
}

/** A length of time in its two largest units. */
export function duration(milliseconds) {
  if (milliseconds < MINUTE) return t("clock.now")
  if (milliseconds < HOUR) return t("clock.minutes", { count: Math.floor(milliseconds / MINUTE) })
  if (milliseconds < DAY) {
    return t("clock.hours", { hours: Math.floor(milliseconds / HOUR), minutes: Math.floor((milliseconds % HOUR) / MINUTE) })
  }
  return t("clock.days", { days: Math.floor(milliseconds / DAY), hours: Math.floor((milliseconds % DAY) / HOUR) })
}

/** How near the end of the customer service window is: "", "near" under four hours, "last" under one. */
export function nearness(milliseconds) {
  if (milliseconds <= 0 || milliseconds > 4 * HOUR) return ""
  return milliseconds > HOUR ? "near" : "last"
}
