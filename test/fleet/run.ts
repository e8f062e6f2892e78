/** One run of the history checker: clients, bad luck, and what must hold of everything that was answered. */

import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresServer } from '../support/postgres-server.ts'
import { holdfast } from '../support/run.ts'
import { seeded } from '../support/seeded.ts'
import { testFolder } from '../support/test-folder.ts'
import { type History, type Permission, runClient, send, use } from './clients.ts'
import { findViolation } from './linearizable.ts'
import { type BadLuck, type Machine, startFleet, strike } from './machines.ts'
import { makePermissions } from './permissions.ts'

const MACHINES = 3
const CLIENTS = 6
/** The time with no bad luck, before the first and after each. */
const CALM_MS = 1500
/** How long the log of a killed machine may take to be completed by another one. */
const ADOPTED_WITHIN_MS = 90_000
const RETRY_MS = 1000

/** What a run has found. */
export type Outcome = {
  readonly operations: number
  readonly created: number
  readonly acknowledged: number
  /** Calls that no order of the history explains, answers that no model expects, and acknowledged things that are gone. */
  readonly violations: readonly string[]
}

/** Runs clients against a new fleet, with each kind of bad luck in a row. */
export async function runHistory(
  postgres: PostgresServer,
  seed: number,
  badLuck: readonly BadLuck[],
): Promise<Outcome> {
  using folder = testFolder()
  await using stack = new AsyncDisposableStack()
  const machines = await startFleet(folder.path, MACHINES, postgres)
  for (const machine of machines) stack.use(machine)
  const [first] = machines
  if (first === undefined) throw new Error('there is no machine')
  const permissions = await makePermissions(first.server)
  const history: History = { operations: new Map(), acknowledged: new Map(), created: new Set(), strange: [] }
  // All begin as given, by a call before the history.
  for (const { grant, learn } of permissions) {
    const reply = await send(first.server.endpoint, grant())
    if (reply?.status === 200) learn?.(reply)
  }
  await callThrough(machines, { seed, permissions, history, postgres, badLuck })
  for (const machine of machines) await machine.ready()
  for (const permission of permissions)
    for (const { server } of machines) await use(server.endpoint, permission, history)
  const violations = [
    ...history.strange,
    ...disordered(history),
    ...(await lostKeys(first, history)),
    ...(await lostEvents(first, postgres, history)),
    ...(await damages(machines)),
  ]
  const operations = [...history.operations.values()].reduce((sum, { length }) => sum + length, 0)
  return { operations, created: history.created.size, acknowledged: history.acknowledged.size, violations }
}

type Calling = {
  readonly seed: number
  readonly permissions: readonly Permission[]
  readonly history: History
  readonly postgres: PostgresServer
  readonly badLuck: readonly BadLuck[]
}

async function callThrough(
  machines: readonly Machine[],
  { seed, permissions, history, postgres, badLuck }: Calling,
): Promise<void> {
  const stopping = new AbortController()
  const endpoints = () => machines.map(({ server }) => server.endpoint)
  const root = machines[0]?.server.credentials
  if (root === undefined) throw new Error('there are no credentials')
  const clients = Array.from({ length: CLIENTS }, (_, index) => {
    const random = seeded(seed * CLIENTS + index)
    return runClient({ permissions, root, history, endpoints, random }, stopping.signal)
  })
  const random = seeded(seed)
  try {
    await delay(CALM_MS)
    for (const kind of badLuck) {
      await strike(kind, machines, postgres, random)
      await delay(CALM_MS)
    }
  } finally {
    stopping.abort()
    await Promise.all(clients)
  }
}

function disordered({ operations }: History): readonly string[] {
  return [...operations].flatMap(([, history]) => {
    const violation = findViolation(true, history)
    return violation === undefined ? [] : [`no order explains: ${violation.about}`]
  })
}

async function lostKeys({ server }: Machine, { created }: History): Promise<readonly string[]> {
  const lost: string[] = []
  for (const KeyId of created) {
    const { credentials, endpoint } = server
    const reply = await send(endpoint, {
      service: 'kms',
      operation: 'DescribeKey',
      input: { KeyId },
      credentials,
    })
    if (reply?.status !== 200) lost.push(`the created key ${KeyId} is gone: ${reply?.text}`)
  }
  return lost
}

/** Acknowledged calls that are not in the log, after the logs of killed machines were completed. */
async function lostEvents(
  machine: Machine,
  postgres: PostgresServer,
  { acknowledged }: History,
): Promise<readonly string[]> {
  let missing: readonly string[] = []
  for (let waitedMs = 0; waitedMs <= ADOPTED_WITHIN_MS; waitedMs += RETRY_MS) {
    const text = await readLog(postgres, machine.database)
    const recorded = new Set([...text.matchAll(/"requestID":"([^"]+)"/g)].map(([, id]) => id))
    missing = [...acknowledged].flatMap(([id, about]) =>
      recorded.has(id) ? [] : [`not in the log: ${about}`],
    )
    if (missing.length === 0) return []
    await delay(RETRY_MS)
  }
  return missing
}

async function readLog(postgres: PostgresServer, database: string): Promise<string> {
  const rows = await postgres.query(
    "SELECT bytes FROM holdfast_file_parts WHERE path ~ '^node-[0-9]+/[0-9]+[.]jsonl$' ORDER BY path, at",
    database,
  )
  return rows.map(({ bytes }) => String(bytes)).join('')
}

async function damages(machines: readonly Machine[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const machine of machines) {
    const status = await machine.stop()
    if (status !== 0) found.push(`${machine.data} ended with ${status}: ${machine.server.errors()}`)
  }
  const [first] = machines
  if (first === undefined) return found
  const environment = { HOLDFAST_DATA: first.data, HOLDFAST_STORE: first.store }
  const { status, err } = await holdfast(['audit', 'verify'], { environment })
  return status === 0 ? found : [...found, `the audit log is damaged: ${err}`]
}
