// A demo of its own for each file of tests: the programs as built, in a folder that goes away, on ports that are free.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Control } from "./control.mjs"

const ROOT = resolve(fileURLToPath(import.meta.url), "../../../..")
const READY = /^\s*Ctrl\+C stops/
const LONGEST_START = 120_000

/** Conversations behind the demo: enough for a second page, few enough to be made up quickly. */
const PAST = 80

export const PASSWORD = "baton-demo"

/**
 * As `startDemo`, with nothing in it: `begin` is where the first account is made, and `meta` what connects the simulated number, which is
 * neither registered nor heard of yet.
 */
export const startBare = (options = {}) => startDemo({ empty: true, ...options })

/** Starts a demo, fresh, with what `environment` sets; `stop()` ends it and forgets everything. */
export async function startDemo({ past = PAST, empty = false, environment = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "baton-browser-"))
  const options = ["demo", "--fresh", "--port", "0", "--simulator-port", "0", "--past", String(past), ...(empty ? ["--empty"] : [])]
  const child = spawn(program(), options, { cwd: folder, env: { ...ownEnvironment(), ...environment }, stdio: ["ignore", "pipe", "pipe"] })
  const end = () => child.kill("SIGKILL")
  process.once("exit", end)
  const said = []
  const faults = []
  child.stderr.setEncoding("utf8").on("data", (text) => faults.push(text))
  const addresses = await untilReady(child, said, faults)
  return {
    ...addresses,
    control: new Control(addresses.phones),
    /** What the programs wrote on standard error: one line per fault. */
    faults,
    async stop() {
      process.removeListener("exit", end)
      const ended = child.exitCode === null ? once(child, "exit") : null
      child.kill("SIGTERM")
      await ended
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

/** The simulator is found beside it. */
function program() {
  const found = process.env.BATON_BINARY ?? join(ROOT, "target/debug/baton")
  if (!existsSync(found)) throw new Error(`${found} is missing; build it with: cargo build --workspace`)
  return found
}

/** Another program that was built with it. */
export function sibling(name) {
  return join(dirname(program()), name)
}

/** Nothing of the machine's own configuration. */
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BATON_")))
}

async function untilReady(child, said, faults) {
  const lines = createInterface({ input: child.stdout })
  const limit = setTimeout(() => child.kill("SIGKILL"), LONGEST_START)
  for await (const line of lines) {
    said.push(line)
    if (READY.test(line)) break
  }
  clearTimeout(limit)
  child.stdout.resume()
  const address = (name) => said.map((line) => new RegExp(`^\\s*${name}\\s+(http\\S+?)/?(\\s|$)`).exec(line)?.[1]).find(Boolean)
  const inbox = address("Inbox")
  const phones = address("Phones")
  if (!inbox || !phones) throw new Error(`the demo did not start:\n${[...said, ...faults].join("\n")}`)
  const told = /app (\S+), its secret (\S+),\s+access token (\S+), PIN (\d+)/.exec(said.join(" "))
  const [, appId, appSecret, token, pin] = told ?? []
  return { inbox, phones, begin: address("Begin"), meta: { appId, appSecret, token, pin } }
}
