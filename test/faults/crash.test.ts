/** Kills the server under load repeatedly and checks that no acknowledged change is lost. */

import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { test } from 'node:test'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { AuditTail } from '../support/audit-tail.ts'
import { runHoldfast } from '../support/command.ts'
import { type Seeded, seeded } from '../support/seeded.ts'
import { spawnServer, startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { checkModel } from './check.ts'
import { runLoad } from './load.ts'
import { Model } from './model.ts'
import { Session } from './session.ts'

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 200)
const SEED = Number(process.env['CRASH_SEED'] ?? 20_260_731)
/** The number of rounds between two runs of `holdfast audit verify`. */
const VERIFY_EVERY = 20
const ANSWERS_MAX = 60
const START_UP_MAX_MS = 400
const TURNS_MAX = 30
/** The maximum time in which a killed worker must be replaced. */
const DEADLINE_MS = 20_000

/** A data folder and its expected state. */
type History = {
  readonly data: string
  readonly random: Seeded
  readonly model: Model
  /** IDs of answered requests that are not yet found in the audit log. */
  readonly acknowledged: Set<string>
  readonly tail: AuditTail
  readonly kills: { server: number; worker: number; start: number }
}

test(`a server that is killed ${ROUNDS} times loses nothing that it has acknowledged`, async (context) => {
  const data = await temporaryFolder()
  const history: History = {
    data,
    random: seeded(SEED),
    model: new Model(),
    acknowledged: new Set(),
    tail: new AuditTail(data),
    kills: { server: 0, worker: 0, start: 0 },
  }
  context.diagnostic(`CRASH_SEED=${SEED}`)
  try {
    for (let round = 0; round < ROUNDS; round += 1) await runRound(history, round)
    await finish(history)
  } catch (error) {
    throw new Error(`failed with CRASH_SEED=${SEED}; the data folder is kept: ${data}`, { cause: error })
  }
  const { kills, model, tail } = history
  context.diagnostic(`kills: ${JSON.stringify(kills)}; keys: ${model.keys.size}; events: ${tail.events}`)
  assert.ok(model.keys.size > 0 && tail.events > ROUNDS)
  await rm(data, { recursive: true, force: true })
})

async function runRound(history: History, round: number): Promise<void> {
  const { data, random } = history
  const workers = round % 4 === 3 ? 2 : 1
  const environment = { HOLDFAST_WORKERS: String(workers) }
  if (random.oneIn(6)) await killInStart(history, environment)
  await using server = await startServer({ data, environment })
  const session = new Session(server, history.acknowledged)
  await check(history, session, someKeys(history))
  await assertAllRecorded(history)
  if (workers === 2) await loadAndKillWorker(history, server)
  await loadAndKill(history, server)
  if (round % VERIFY_EVERY === 0) await verify(data)
}

/** Kills a server at a random moment of its start. */
async function killInStart(
  { data, random, kills }: History,
  environment: Record<string, string>,
): Promise<void> {
  const server = spawnServer(data, environment)
  await setTimeout(random.below(START_UP_MAX_MS))
  server.signal('SIGKILL')
  await server.ended
  kills.start += 1
}

/** The keys changed since the last check, and some others. */
function someKeys({ model, random }: History): readonly string[] {
  const all = [...model.keys.keys()]
  const others = all.length === 0 ? [] : Array.from({ length: 3 }, () => random.pick(all))
  return [...model.touched, ...others]
}

async function check({ model }: History, session: Session, keys: readonly string[]): Promise<void> {
  await checkModel(session, model, keys)
  model.touched.clear()
  model.unanswered.clear()
}

/** Kills the server and its workers while calls are in flight. */
async function loadAndKill(history: History, server: TestServer): Promise<void> {
  const { model, random, kills } = history
  const session = new Session(server, history.acknowledged)
  const load = runLoad({ session, model, random, goesOn: () => true })
  await Promise.race([load, session.answered(random.below(ANSWERS_MAX))])
  await someTurns(random)
  await server.kill()
  await load
  kills.server += 1
}

/** Kills one of two workers, continues with the other, and waits for the replacement. */
async function loadAndKillWorker(history: History, server: TestServer): Promise<void> {
  const { model, random, kills } = history
  const session = new Session(server, history.acknowledged)
  const answers = random.below(ANSWERS_MAX)
  const load = runLoad({ session, model, random, goesOn: () => session.answers < 2 * answers })
  await Promise.race([load, session.answered(answers)])
  const workers = await workersOf(server)
  assert.equal(workers.length, 2)
  process.kill(random.pick(workers), 'SIGKILL')
  await load
  kills.worker += 1
  const deadline = performance.now() + DEADLINE_MS
  while ((await unrecorded(history)).length > 0) {
    assert.ok(performance.now() < deadline, 'a killed worker was not replaced')
  }
  await check(history, session, someKeys(history))
  // Only the killed worker has ended.
  assert.equal(server.errors().split('a worker ended').length, 2, server.errors())
}

/** Waits a random number of event-loop turns, so that the moment does not depend on a response. */
async function someTurns(random: Seeded): Promise<void> {
  for (let left = random.below(TURNS_MAX); left > 0; left -= 1) await setImmediate()
}

/** The child processes of a server. */
async function workersOf({ process: { pid } }: TestServer): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').map(Number)
}

/** Reads the new part of the audit log. Returns the acknowledged requests that are still missing. */
async function unrecorded({ tail, acknowledged }: History): Promise<readonly string[]> {
  await tail.read()
  for (const id of acknowledged) {
    if (tail.countOf(id) === 1) acknowledged.delete(id)
  }
  return [...acknowledged]
}

async function assertAllRecorded(history: History): Promise<void> {
  assert.deepEqual(await unrecorded(history), [], 'acknowledged calls without an event')
}

/** Runs `holdfast audit verify`. Returns the number of events that it found. */
async function verify(data: string): Promise<number> {
  const { status, output, errors } = await runHoldfast(data, 'audit', 'verify')
  assert.equal(status, 0, errors)
  return Number(/^intact: (\d+) events/.exec(output)?.[1])
}

/** Starts the server a last time, checks everything, and stops it cleanly. */
async function finish(history: History): Promise<void> {
  const { data, model, tail } = history
  const server = await startServer({ data })
  await check(history, new Session(server, history.acknowledged), [...model.keys.keys()])
  assert.equal(await server.stop(), 0)
  await assertAllRecorded(history)
  assert.equal(await verify(data), tail.events)
}
