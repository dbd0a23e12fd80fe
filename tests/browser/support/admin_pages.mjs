// Every page of an administrator's, by the address that the program's table of routes has for it.

import assert from "node:assert/strict"

const PAGES = {
  floor: "/floor",
  "floor-wall": "/floor?wall",
  "floor-decisions": "/floor/decisions",
  quarantine: "/admin/quarantine",
  notices: "/admin/notices",
  "settings-start": "/settings/start",
  "settings-workspace": "/settings/workspace",
  "settings-numbers": "/settings/numbers",
  "settings-number": "/settings/numbers/{id}",
  "settings-number-new": "/settings/numbers/new",
  "settings-number-disconnection": "/settings/numbers/{id}/disconnection",
  system: "/system",
  "system-doctor": "/system/doctor",
  "system-quarantine": "/system/quarantine",
  "settings-people": "/settings/people",
  "settings-person": "/settings/people/{id}",
  "settings-leaving": "/settings/people/{id}/leaving",
  "settings-invitations": "/settings/invitations",
  "settings-newcomers": "/settings/newcomers",
  "settings-roles": "/settings/roles",
  "settings-role": "/settings/roles/{id}",
  "settings-teams": "/settings/teams",
  "settings-team": "/settings/teams/{id}",
  "settings-queues": "/settings/queues",
  "settings-queue": "/settings/queues/{id}",
  "settings-sla": "/settings/sla",
  "settings-sla-policy": "/settings/sla/{id}",
  "settings-rules": "/settings/rules",
  "settings-rule-new": "/settings/rules/new",
  "settings-rule": "/settings/rules/{id}",
  "settings-skills": "/settings/skills",
  "settings-skill": "/settings/skills/{id}",
  "settings-security": "/settings/security",
  "settings-search": "/settings/search?q=team",
  "settings-brand": "/settings/brand",
  "settings-file": "/settings/file",
  "settings-flows": "/settings/flows",
  "settings-flow": "/settings/flows/{id}",
  "settings-flow-edit": "/settings/flows/{id}/edit",
  "settings-flow-publication": "/settings/flows/{id}/publication",
  "settings-flow-new": "/settings/flows/new",
  "settings-flow-ready": "/settings/flows/new?ready=acknowledge",
  "settings-tags": "/settings/tags",
  "settings-tag": "/settings/tags/{id}",
  "settings-fields": "/settings/fields",
  "settings-field": "/settings/fields/{id}",
  "settings-canned": "/settings/canned-replies",
  "settings-canned-one": "/settings/canned-replies/{id}",
  "settings-changes": "/settings/changes",
  workspaces: "/workspaces",
  profile: "/profile",
  "profile-sign-in": "/profile/sign-in",
  "profile-second-factor": "/profile/second-factor",
  "profile-sessions": "/profile/sessions",
}

/** The pages there are, by name, each of one thing with the first there is; those of a kind there is nothing of are named in `without`. */
export async function adminPages(page, inbox, { without = [] } = {}) {
  const first = new Map()
  const pages = {}
  for (const [name, address] of Object.entries(PAGES)) {
    const [list, rest] = address.split("/{id}")
    if (rest === undefined) {
      pages[name] = address
    } else if (!without.includes(list)) {
      if (!first.has(list)) first.set(list, await firstOf(page, inbox, list))
      pages[name] = first.get(list) + rest
    }
  }
  return pages
}

/** Where the first thing of a list leads to. */
async function firstOf(page, inbox, list) {
  await page.goto(inbox + list)
  const links = page.locator(`.things a[href^="${list}/"], .matrix a[href^="${list}/"]`)
  assert.ok(await links.count(), `there is nothing on ${list}`)
  return links.first().getAttribute("href")
}
