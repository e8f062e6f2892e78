import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { claimFileLock } from '../../src/store/file-lock.ts'
import { call } from '../client.ts'
import { type Goal, median, rate } from '../measures.ts'
import { METRICS_ON, scrape } from '../scrape.ts'
import { type Server, type ServerSettings, startServer } from '../server.ts'
import { measureInTurn, TURN_CONNECTIONS, type TurnsDependencies } from './turns.ts'

/** The results of the background suite: calls per second with all background work, and without. */
export type BackgroundReport = {
  readonly withAll: number
  readonly without: number
  /** The median over the rounds. */
  readonly share: number
  readonly goals: readonly Goal[]
}

/** The dependencies of the suite: settings of two servers with separate folders. */
export type BackgroundDependencies = TurnsDependencies & {
  readonly settings: readonly [ServerSettings, ServerSettings]
}

const SHARE_REQUIRED = 0.9

/**
 * Measures Encrypt on two servers in turn. One maintains the index, detects insights, delivers a trail and exposes
 * metrics, which the bench scrapes once per second. The other does none of this: the bench holds its index lock, as
 * another process on the same folder would.
 */
export async function measureBackground(dependencies: BackgroundDependencies): Promise<BackgroundReport> {
  const [on, off] = dependencies.settings
  mkdirSync(join(off.dataFolder, 'index'), { recursive: true })
  const lock = claimFileLock(join(off.dataFolder, 'index', 'lock'))
  const busy = await startServer({ ...on, environment: METRICS_ON })
  const stopping = new AbortController()
  const scraping = scrape(busy, stopping.signal)
  const servers = [busy, await startServer({ ...off, environment: { HOLDFAST_INSIGHTS: 'off' } })] as const
  try {
    await startTrail(busy)
    const [withAll, without] = await measureInTurn(dependencies, servers)
    return reportOf(withAll.map(rate), without.map(rate))
  } finally {
    stopping.abort()
    await scraping
    for (const server of servers) await server.stop()
    lock?.release()
  }
}

async function startTrail({ endpoint, credentials }: Server): Promise<void> {
  const to = { endpoint, credentials }
  const trail = { Name: 'bench', S3BucketName: 'bench-bucket', EnableLogFileValidation: true }
  await call(to, 'CreateTrail', JSON.stringify(trail), 'cloudtrail')
  await call(to, 'StartLogging', JSON.stringify({ Name: 'bench' }), 'cloudtrail')
}

function reportOf(on: readonly number[], off: readonly number[]): BackgroundReport {
  const share = median(on.map((value, round) => value / (off[round] ?? value)))
  const goal: Goal = {
    name: `Encrypt at ${TURN_CONNECTIONS} connections with index, insights, a trail and metrics, share of the rate without`,
    required: `at least ${SHARE_REQUIRED * 100}%`,
    measured: `${(share * 100).toFixed(1)}%`,
    met: share >= SHARE_REQUIRED,
  }
  return { withAll: median(on), without: median(off), share, goals: [goal] }
}
