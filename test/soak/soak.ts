/** For tests: a real server under every flood at once, with honest clients and revocations beside them. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findMemory, processTree } from '../../bench/procfs.ts'
import { newKey, succeed } from '../support/calls.ts'
import { seeded } from '../support/seeded.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { Acknowledged, checkLog, type LogReport } from './acknowledged.ts'
import type { FloodCounts, FloodSettings } from './floods.ts'
import { type HonestReport, runHonest } from './honest.ts'
import { type RevocationReport, runRevocations } from './revocations.ts'

/** How a soak is run. */
export type SoakSettings = {
  readonly seconds: number
  readonly seed: number
  readonly workers: number
  readonly progress: (line: string) => void
}

/** What a soak has found. */
export type SoakReport = {
  readonly seconds: number
  readonly workers: number
  readonly floods: FloodCounts
  readonly honest: HonestReport
  readonly revocations: RevocationReport
  readonly log: LogReport & { readonly acknowledged: number }
  readonly memory: MemoryReport
  /** What did not hold. */
  readonly failures: readonly string[]
}

/** Resident memory of all processes of the server, in bytes: the most in each third of the time. */
type MemoryReport = {
  readonly thirds: readonly number[]
  readonly peakBytes: number
  /** A minute after the floods have ended. */
  readonly afterBytes: number
}

const FLOODS = fileURLToPath(new URL('./floods.ts', import.meta.url))
const KEYS = 50
const SAMPLE_MS = 1_000
const PROGRESS_SAMPLES = 60
/** The most memory of the last third, in shares of that of the one before. */
const GROWTH_MAX = 1.1
/** A process gives memory back when it has had nothing to do for a while. */
const REST_MS = 60_000
/** Below this time there are too few samples to speak of growth. */
const GROWTH_SECONDS_MIN = 300

/** Runs a soak and says what did not hold. */
export async function runSoak(settings: SoakSettings): Promise<SoakReport> {
  const { seconds, seed, workers } = settings
  const data = await temporaryFolder()
  const acknowledged = new Acknowledged()
  try {
    await using server = await startServer({
      data,
      launched: true,
      environment: { HOLDFAST_WORKERS: String(workers) },
    })
    const found = await soak(server, settings, acknowledged)
    const status = await server.stop()
    const log = { ...(await checkLog(data, acknowledged)), acknowledged: acknowledged.count }
    const report = { seconds, workers, ...found, log }
    return { ...report, failures: failuresOf(report, seed, status) }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

type Found = Pick<SoakReport, 'floods' | 'honest' | 'revocations' | 'memory'>

async function soak(
  server: TestServer,
  { seconds, seed, progress }: SoakSettings,
  acknowledged: Acknowledged,
): Promise<Found> {
  const keyIds: string[] = []
  for (let made = 0; made < KEYS; made += 1) keyIds.push(await newKey(server))
  const untilMs = performance.now() + seconds * 1000
  const goesOn = (): boolean => performance.now() < untilMs
  const floods = await startFloods(server)
  const dependencies = { server, acknowledged, goesOn }
  const [honest, revocations, samples] = await Promise.all([
    runHonest({ ...dependencies, keyIds, random: seeded(seed) }),
    runRevocations(dependencies),
    sampleMemory(server, goesOn, (line) => progress(`${line}, ${acknowledged.count} calls`)),
  ])
  const counts = await floods.end()
  if (seconds >= GROWTH_SECONDS_MIN) await delay(REST_MS)
  const memory = findMemory(processTree(server.process.pid ?? 0))
  const third = Math.ceil(samples.length / 3)
  const thirds = [0, 1, 2].map((at) => Math.max(0, ...samples.slice(at * third, (at + 1) * third)))
  const { peakBytes = 0, rssBytes: afterBytes = 0 } = memory ?? {}
  return { floods: counts, honest, revocations, memory: { thirds, peakBytes, afterBytes } }
}

/** A process that floods a server. */
async function startFloods(server: TestServer): Promise<{ readonly end: () => Promise<FloodCounts> }> {
  const largeKeyId = await newKey(server)
  const { Policy } = await succeed(server, 'GetKeyPolicy', { KeyId: largeKeyId })
  await succeed(server, 'PutKeyPolicy', { KeyId: largeKeyId, Policy: String(Policy).padEnd(32_000) })
  const child = fork(FLOODS, { stdio: 'inherit' })
  const { endpoint, credentials } = server
  child.send({ endpoint, credentials, largeKeyId } satisfies FloodSettings)
  return {
    end: async () => {
      child.send('counts')
      const [counts] = (await once(child, 'message')) as [FloodCounts]
      child.disconnect()
      await once(child, 'exit')
      return counts
    },
  }
}

async function sampleMemory(
  server: TestServer,
  goesOn: () => boolean,
  progress: (line: string) => void,
): Promise<readonly number[]> {
  const samples: number[] = []
  while (goesOn()) {
    const { rssBytes = 0 } = findMemory(processTree(server.process.pid ?? 0)) ?? {}
    samples.push(rssBytes)
    if (samples.length % PROGRESS_SAMPLES === 0) {
      const most = Math.max(...samples.slice(-PROGRESS_SAMPLES))
      progress(`${samples.length} s: ${(most / 1e6).toFixed(0)} MB`)
    }
    await delay(SAMPLE_MS)
  }
  return samples
}

function failuresOf(
  { honest, revocations, log, memory, seconds }: Omit<SoakReport, 'failures'>,
  seed: number,
  status: number | null,
): readonly string[] {
  const [, middle = 0, last = 0] = memory.thirds
  const found = [
    status === 0 ? '' : `the server ended with ${status}`,
    honest.calls > 0 ? '' : 'no honest call was answered',
    ...honest.failures.map((failure) => `an honest call failed: ${failure}`),
    honest.cutOff === 0 ? '' : `${honest.cutOff} connections of honest clients were closed during a call`,
    ...Object.entries(revocations.done).map(([name, count]) => (count > 0 ? '' : `${name} was not tried`)),
    ...revocations.usedAfter.map((what) => `used after its acknowledgement: ${what}`),
    log.verified ? '' : 'the audit log is not as it was written',
    log.lost === 0 ? '' : `${log.lost} acknowledged calls are not in the audit log`,
    seconds < GROWTH_SECONDS_MIN || last <= middle * GROWTH_MAX
      ? ''
      : `memory grows: ${middle} to ${last} bytes`,
  ]
  return found.filter((failure) => failure !== '').map((failure) => `${failure} (seed ${seed})`)
}
