/** Kills the server while materials rotate, expire and move, and looks whether each was done exactly once. */

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
/** One rotation of each key falls into it, as its period is 90 days, and every other term ends in it. */
const LEAP_MS = 91 * DAY_MS
const ANSWERS_MAX = 120
/** The job that does what is due runs every second. */
const DUE_MAX_MS = 1500
const START_UP_MAX_MS = 800

/** A data folder and all that is known of it. */
type History = {
  readonly data: string
  readonly random: Seeded
  readonly clock: ShiftedClock
  readonly lives: Lives
  /** Answered, and not yet found in the audit log. */
  readonly acknowledged: Set<string>
  readonly tail: AuditTail
}

test(`what is due to keys is done once although the server is killed ${ROUNDS} times`, async (context) => {
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

/** Changes keys, leaps ahead, and kills the server while it does what is due and keys are changed. */
async function runRound(history: History): Promise<void> {
  const { data, random, clock, lives } = history
  const { environment } = clock
  await using server = await startServer({ data, environment })
  const session = new Session(server, history.acknowledged, clock.now)
  // Before anything is called: what was acknowledged is in the log when the server serves.
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

/** Kills a server at some moment of its start, when it does what is due at once. */
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

/** A last start, a complete check, and a stop in good order. */
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
