/** Kills the server while key materials rotate, expire and move, and checks that each change happened exactly once. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { AuditTail } from '../support/audit-tail.ts'
import { runHoldfast } from '../support/command.ts'
import { type Seeded, seeded } from '../support/seeded.ts'
import { spawnServer, startServer, temporaryFolder } from '../support/server.ts'
import { Lives } from './lives.ts'
import { checkDeeds, checkLives } from './lives-check.ts'
import { runLives } from './lives-load.ts'
import { Session } from './session.ts'
import { openShiftedClock, type ShiftedClock } from './shifted-clock.ts'

const ROUNDS = Number(process.env['LIVES_ROUNDS'] ?? 12)
const SEED = Number(process.env['CRASH_SEED'] ?? 20_260_801)
const DAY_MS = 86_400_000
/**
 * A step of the clock that includes one rotation of each key, whose period is 90 days, and the end of every other
 * period.
 */
const LEAP_MS = 91 * DAY_MS
const ANSWERS_MAX = 120
/** The maximum delay of due changes. Their job runs every second. */
const DUE_MAX_MS = 1500
const START_UP_MAX_MS = 800

/** A data folder and its expected state. */
type History = {
  readonly data: string
  readonly random: Seeded
  readonly clock: ShiftedClock
  readonly lives: Lives
  /** IDs of answered requests that are not yet found in the audit log. */
  readonly acknowledged: Set<string>
  readonly tail: AuditTail
}

test(`due changes of keys happen once although the server is killed ${ROUNDS} times`, async (context) => {
  const data = await temporaryFolder()
  await using clock = await openShiftedClock()
  const known = { lives: new Lives(), acknowledged: new Set<string>(), tail: new AuditTail(data) }
  const history: History = { data, random: seeded(SEED), clock, ...known }
  context.diagnostic(`CRASH_SEED=${SEED}`)
  try {
    for (let round = 0; round < ROUNDS; round += 1) await runRound(history)
    await finish(history)
  } catch (error) {
    throw new Error(`failed with CRASH_SEED=${SEED}; the data folder is kept: ${data}`, { cause: error })
  }
  const done = [...known.lives.keys.values()].map((key) => known.lives.deeds(key))
  const sum = (name: string): number => done.reduce((total, deeds) => total + (deeds[name] ?? 0), 0)
  const counts = ['RotateKey', 'DeleteExpiredKeyMaterial', 'DeleteKey'].map((name) => [name, sum(name)])
  context.diagnostic(`keys: ${done.length}; ${JSON.stringify(Object.fromEntries(counts))}`)
  for (const [name, count] of counts) assert.ok(Number(count) > 0, `${name} has happened`)
  await rm(data, { recursive: true, force: true })
})

/** Changes keys, advances the clock, and kills the server during due and requested changes. */
async function runRound(history: History): Promise<void> {
  const { data, random, clock, lives } = history
  const { environment } = clock
  await using server = await startServer({ data, environment })
  const session = new Session(server, history.acknowledged, clock.now)
  // Runs before any call: when the server accepts calls, the log has every acknowledged request.
  await assertAllRecorded(history)
  await checkLives({ session, lives, now: clock.now })
  const dependencies = { session, lives, random, now: clock.now }
  const answers = session.answers + random.below(ANSWERS_MAX)
  await runLives({ ...dependencies, goesOn: () => session.answers < answers, deletes: true })
  clock.advance(LEAP_MS)
  lives.pass(clock.now())
  const load = runLives({ ...dependencies, goesOn: () => true, deletes: false })
  await Promise.race([load, setTimeout(random.below(DUE_MAX_MS))])
  await server.kill()
  await load
  if (random.oneIn(2)) await killInStart(history)
}

/** Kills a server at a random moment of its start, in which it also makes due changes. */
async function killInStart({ data, random, clock }: History): Promise<void> {
  const server = spawnServer(data, clock.environment)
  if (random.oneIn(2)) await server.serves
  await setTimeout(random.below(START_UP_MAX_MS))
  server.signal('SIGKILL')
  await server.ended
}

async function assertAllRecorded({ tail, acknowledged }: History): Promise<void> {
  await tail.read()
  const left = [...acknowledged].filter((id) => tail.countOf(id) !== 1)
  assert.deepEqual(left, [], 'acknowledged calls without an event')
  acknowledged.clear()
}

/** Starts the server a last time, checks everything, and stops it cleanly. */
async function finish(history: History): Promise<void> {
  const { data, clock, lives } = history
  await using server = await startServer({ data, environment: clock.environment })
  const session = new Session(server, history.acknowledged, clock.now)
  await checkLives({ session, lives, now: clock.now })
  await checkDeeds(data, lives)
  assert.equal(await server.stop(), 0)
  await assertAllRecorded(history)
  const { status, output, errors } = await runHoldfast(data, 'audit', 'verify')
  assert.equal(status, 0, output + errors)
}
