// A workspace with more of everything than fits on a screen, brought as a file on the page that is there for it.

const NAMES = [
  "Ana Duarte", "محمد عبد الرحمن الخطيب", "שירה בן־דוד", "Maximiliana Alejandra Guadalupe Hohenzollern-Sigmaringen y Vega", "王小明",
  "Åse Øygarden", "Nguyễn Thị Minh Khai", "Rechtsschutzversicherungsgesellschaften",
]

/** Such as `Team 7 Ana Duarte`: no two the same, some long, some from right to left. */
export const called = (kind, number, longest = 80) => `${kind} ${number} ${NAMES[number % NAMES.length]}`.slice(0, longest).trim()

const lines = (count, line) => Array.from({ length: count }, (_, number) => line(number))

/** The whole file, with as many of each as is said. */
export function largeFile({ people = 40, queues = 30, teams = 24, tags = 30, fields = 24, roles = 22, rules = 24, skills = 20, policies = 24 } = {}) {
  const text = JSON.stringify
  return [
    "format: baton.workspace/v1",
    "roles:", ...lines(roles, (role) => `- {name: ${text(called("Desk", role))}, permissions: [contacts:phones], visibility: own_teams}`),
    "teams:", ...lines(teams, (team) => `- name: ${text(called("Team", team))}`),
    "people:", ...lines(people, (person) => `- {email: person${person}@example.com, name: ${text(called("Person", person))}, role: agent, `
      + `locale: en, capacity: 8, active: true, teams: [${text(called("Team", person % teams))}]}`),
    "queues:", ...lines(queues, (queue) => `- {key: queue_${queue}, name: ${text(called("Queue", queue))}, `
      + `team: ${text(called("Team", queue % teams))}, promise_minutes: 15, hours: {time_zone: Asia/Riyadh}}`),
    "sla_policies:", ...lines(policies, (policy) => `- {name: ${text(called("Policy", policy))}, first_response: {normal: ${policy + 1}}, `
      + `resolution: {low: 2880, urgent: 90}}`),
    "tags:", ...lines(tags, (tag) => `- {name: ${text(called("Tag", tag, 40))}, colour: ${["red", "green", "blue", "gray"][tag % 4]}}`),
    "fields:", ...lines(fields, (field) => `- {key: field_${field}, label: ${text(called("Field", field))}, `
      + `of: ${["contact", "conversation"][field % 2]}, kind: text}`),
    "skills:", ...lines(skills, (skill) => `- {key: skill_${skill}, name: ${text(called("Skill", skill))}}`),
    "entry_rules:", ...lines(rules, (rule) => `- {name: ${text(called("Rule", rule))}, queue: queue_${rule % queues}, `
      + `conditions: {all: [{subject: message.text, contains: ${text(called("word", rule))}}]}}`),
  ].join("\n")
}

/** Brings it, as an administrator does. */
export async function bringsLarge(page, inbox, sizes) {
  await page.goto(`${inbox}/settings/file`)
  const file = { name: "large.yaml", mimeType: "application/yaml", buffer: Buffer.from(largeFile(sizes)) }
  await page.locator("input[type=file]").setInputFiles(file)
  await page.getByRole("button", { name: "Look at what would change" }).click()
  await page.getByRole("button", { name: "Apply all of it" }).click()
  await page.locator(".done button").waitFor()
}
