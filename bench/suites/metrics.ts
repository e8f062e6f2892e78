import type { WindowResult } from '../load-protocol.ts'
import { type Goal, median, rate } from '../measures.ts'
import { METRICS_ON, scrape } from '../scrape.ts'
import { type ServerSettings, startServer } from '../server.ts'
import { measureInTurn, TURN_CONNECTIONS, type TurnsDependencies } from './turns.ts'

/** The results of the metrics suite: calls per second and CPU time per call, with metrics and without. */
export type MetricsReport = {
  readonly withMetrics: number
  readonly without: number
  readonly cpuUs: number
  readonly cpuUsWithout: number
  readonly goals: readonly Goal[]
}

/** The dependencies of the suite: settings of two servers with separate folders. */
export type MetricsDependencies = TurnsDependencies & {
  readonly settings: readonly [ServerSettings, ServerSettings]
}

const SHARE_REQUIRED = 0.98

/** Measures Encrypt on two servers in turn. One of them collects metrics, which the bench scrapes once per second. */
export async function measureMetrics(dependencies: MetricsDependencies): Promise<MetricsReport> {
  const [on, off] = dependencies.settings
  const counting = await startServer({ ...on, environment: METRICS_ON })
  const stopping = new AbortController()
  const scraping = scrape(counting, stopping.signal)
  const servers = [counting, await startServer(off)] as const
  try {
    const [withMetrics, without] = await measureInTurn(dependencies, servers)
    return reportOf(withMetrics, without)
  } finally {
    stopping.abort()
    await scraping
    for (const server of servers) await server.stop()
  }
}

function reportOf(on: readonly WindowResult[], off: readonly WindowResult[]): MetricsReport {
  const share = median(on.map((window, round) => rate(window) / rateOf(off[round])))
  const cpuShare = median(on.map((window, round) => cpuOf(off[round]) / cpuOf(window)))
  const goal = (what: string, measured: number): Goal => ({
    name: `Encrypt at ${TURN_CONNECTIONS} connections with metrics, ${what}, share of those without`,
    required: `at least ${SHARE_REQUIRED * 100}%`,
    measured: `${(measured * 100).toFixed(1)}%`,
    met: measured >= SHARE_REQUIRED,
  })
  return {
    withMetrics: median(on.map(rate)),
    without: median(off.map(rate)),
    cpuUs: median(on.map(cpuOf)),
    cpuUsWithout: median(off.map(cpuOf)),
    goals: [goal('calls per second', share), goal('calls per CPU second', cpuShare)],
  }
}

function rateOf(window: WindowResult | undefined): number {
  return window === undefined ? Number.NaN : rate(window)
}

/** The server's CPU time per call. */
function cpuOf(window: WindowResult | undefined): number {
  return window?.cpuMs === undefined ? Number.NaN : (window.cpuMs * 1000) / window.calls
}
