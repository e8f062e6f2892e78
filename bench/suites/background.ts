import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { claimFileLock } from '../../src/store/file-lock.ts'
import { prepareFixtures } from '../fixtures.ts'
import type { Loader } from '../loader.ts'
import { type Goal, median, rate } from '../measures.ts'
import type { Options } from '../options.ts'
import { type Server, type ServerSettings, startServer } from '../server.ts'

/** What the background suite has found: calls a second with the index kept, and without. */
export type BackgroundReport = {
  readonly withIndex: number
  readonly withoutIndex: number
  /** The median over the rounds. */
  readonly share: number
  readonly goals: readonly Goal[]
}

/** What the suite runs with: settings of two servers on two folders. */
export type BackgroundParts = {
  readonly options: Options
  readonly loader: Loader
  readonly settings: readonly [ServerSettings, ServerSettings]
  readonly progress: (text: string) => void
}

const CONNECTIONS = 64
const WARMUP_MS = 500
const CALLS_PER_SECOND_MAX = 25_000
/** The index comes to where the log is before the other server is measured. */
const PAUSE_MS = 3000
const SHARE_REQUIRED = 0.9

/**
 * Measures Encrypt on two servers in turn. One of them keeps no index: its lock is held here, as
 * another process on the folder would hold it.
 */
export async function measureBackground(parts: BackgroundParts): Promise<BackgroundReport> {
  const { options, settings } = parts
  const [on, off] = settings
  mkdirSync(join(off.dataFolder, 'index'), { recursive: true })
  const lock = claimFileLock(join(off.dataFolder, 'index', 'lock'))
  const servers = [await startServer(on), await startServer(off)] as const
  try {
    const rates: [number[], number[]] = [[], []]
    const sides = [await openSide(servers[0]), await openSide(servers[1])] as const
    for (let round = 0; round < options.rounds; round += 1) {
      for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        rates[index].push(await measureSide(parts, sides[index]))
        await delay(PAUSE_MS)
      }
    }
    return reportOf(rates[0], rates[1])
  } finally {
    for (const server of servers) await server.stop()
    lock?.release()
  }
}

type Side = Awaited<ReturnType<typeof openSide>>

async function openSide(server: Server) {
  const to = { endpoint: server.endpoint, credentials: server.credentials }
  return { server, to, fixtures: await prepareFixtures(to, undefined) }
}

async function measureSide({ options, loader, progress }: BackgroundParts, side: Side): Promise<number> {
  const { server, to, fixtures } = side
  const calls = CALLS_PER_SECOND_MAX * (options.seconds + 1)
  await loader.sign(fixtures.workload('Encrypt'), to, calls)
  const window = { endpoint: to.endpoint, connections: CONNECTIONS, warmupMs: WARMUP_MS, pids: server.pids() }
  const result = await loader.run({ ...window, measureMs: options.seconds * 1000 })
  if (result.errorCount > 0) throw new Error(`Encrypt failed: ${result.errors.join(', ')}`)
  progress(`Encrypt x${CONNECTIONS}: ${rate(result).toFixed(0)}/s`)
  return rate(result)
}

function reportOf(on: readonly number[], off: readonly number[]): BackgroundReport {
  const share = median(on.map((value, round) => value / (off[round] ?? value)))
  const goal: Goal = {
    name: `Encrypt at ${CONNECTIONS} connections with the index kept, share of that without`,
    required: `at least ${SHARE_REQUIRED * 100}%`,
    measured: `${(share * 100).toFixed(1)}%`,
    met: share >= SHARE_REQUIRED,
  }
  return { withIndex: median(on), withoutIndex: median(off), share, goals: [goal] }
}
