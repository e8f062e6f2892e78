import type { Journal } from '../audit/log/journal.ts'
import type { Readiness } from '../audit/log/readiness.ts'
import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import { indexLag } from '../audit-index/thread/read-log.ts'
import type { Clock, EpochMs } from '../base/ports.ts'
import { findTrailsStanding } from '../cloudtrail/delivery/standing.ts'
import { findExpiring } from '../kms/lifecycle/expiring.ts'
import type { Records } from '../store/records.ts'
import type { StoreWatch } from '../store/watch.ts'
import type { MetricName } from './catalogue.ts'
import type { NodeMeters, PointSource } from './node-meters.ts'
import type { Point } from './points.ts'
import { processPoints } from './process-points.ts'

/** The sources of a node's gauges. */
export type NodeGaugeDependencies = {
  readonly journal: Pick<Journal, 'node' | 'condition'>
  readonly store: StoreWatch
  readonly index: IndexThread
  readonly records: Records
  readonly accounts: () => Promise<readonly string[]>
  readonly connections: () => number
  readonly unready: Readiness['reason']
  /** The unlock paths of the root key. */
  readonly unlockPaths: () => Promise<readonly WatchedPath[]>
  /** The last backup and the last rehearsal that succeeded. */
  readonly backups: () => Promise<WatchedBackups>
  readonly clock: Clock
}

/** An unlock path of the root key, as metrics show it. */
type WatchedPath = {
  readonly type: string
  /** ISO 8601; nothing when it was never proved. */
  readonly provedAt: string | undefined
}

type WatchedBackups = {
  readonly backup?: { readonly at: string; readonly sizeBytes: number }
  readonly rehearsal?: { readonly at: string }
}

/** How long values that require reading records are cached. */
const SLOW_INTERVAL_MS = 60_000
const DAY_MS = 86_400_000
const SOON_DAYS = [7, 30] as const

/** Adds the gauges of a node to its meters. */
export function addNodeGauges(meters: NodeMeters, dependencies: NodeGaugeDependencies): void {
  const { clock } = dependencies
  meters.addSource(processPoints(clock.now()))
  meters.addSource(() => conditionPoints(dependencies))
  meters.addSource(async () => [
    point('holdfast_ready', (await dependencies.unready()) === undefined ? 1 : 0),
  ])
  const lag = indexLag(dependencies.index)
  meters.addSource(async () => {
    const { node, condition } = dependencies.journal
    return [point('holdfast_index_lag_events', await lag(node, condition.sequence))]
  })
  meters.addSource(cached(clock, () => expiryPoints(dependencies)))
  meters.addSource(cached(clock, () => trailPoints(dependencies)))
  meters.addSource(cached(clock, async () => pathPoints(await dependencies.unlockPaths())))
  meters.addSource(cached(clock, async () => backupPoints(await dependencies.backups())))
}

function point(metric: MetricName, value: number, ...labels: readonly string[]): Point {
  return { metric, labels, value }
}

function conditionPoints({ journal, store, connections }: NodeGaugeDependencies): readonly Point[] {
  const { waiting, delayed, isImpaired } = journal.condition
  return [
    point('holdfast_audit_queue_events', waiting),
    point('holdfast_audit_outbox_events', delayed),
    point('holdfast_audit_writable', isImpaired ? 0 : 1),
    point('holdfast_store_writable', store.isFailing ? 0 : 1),
    point('holdfast_record_reads', store.cached, 'memory'),
    point('holdfast_record_reads', store.read, 'store'),
    point('holdfast_connections', connections()),
  ]
}

async function expiryPoints({ records, clock }: NodeGaugeDependencies): Promise<readonly Point[]> {
  const now: EpochMs = clock.now()
  const moments = await findExpiring(records, now)
  const [next] = moments
  return [
    ...SOON_DAYS.map((days) => {
      const count = moments.filter((at) => at <= now + days * DAY_MS).length
      return point('holdfast_imported_material_expiring', count, `${days}d`)
    }),
    ...(next === undefined ? [] : [point('holdfast_imported_material_days_left', (next - now) / DAY_MS)]),
  ]
}

async function trailPoints({ records, accounts }: NodeGaugeDependencies): Promise<readonly Point[]> {
  const { count, failing, lagEvents, lastDeliveryAt } = await findTrailsStanding(records, await accounts())
  const last = 'holdfast_trail_last_delivery_timestamp_seconds'
  return [
    point('holdfast_trails', count),
    point('holdfast_trails_failing', failing),
    point('holdfast_trail_lag_events', lagEvents),
    ...(lastDeliveryAt === undefined ? [] : [point(last, lastDeliveryAt / 1000)]),
  ]
}

/** The types of paths that are labels; a newer release may have written others. */
const PATH_TYPES: readonly string[] = [
  'file',
  'credential',
  'passphrase',
  'shares',
  'command',
  'kms',
  'pkcs11',
]

function pathPoints(paths: readonly WatchedPath[]): readonly Point[] {
  const types = [...new Set(paths.map(({ type }) => labelOf(type)))]
  return types.flatMap((type) => {
    const those = paths.filter((path) => labelOf(path.type) === type)
    const proofs = those.map(({ provedAt }) => (provedAt === undefined ? 0 : Date.parse(provedAt) / 1000))
    return [
      point('holdfast_unlock_paths', those.length, type),
      point('holdfast_unlock_path_proved_timestamp_seconds', Math.min(...proofs), type),
    ]
  })
}

function backupPoints({ backup, rehearsal }: WatchedBackups): readonly Point[] {
  const seconds = (at: string | undefined): number => (at === undefined ? 0 : Date.parse(at) / 1000)
  return [
    point('holdfast_backup_timestamp_seconds', seconds(backup?.at)),
    point('holdfast_backup_bytes', backup?.sizeBytes ?? 0),
    point('holdfast_backup_rehearsal_timestamp_seconds', seconds(rehearsal?.at)),
  ]
}

function labelOf(type: string): string {
  return PATH_TYPES.includes(type) ? type : 'other'
}

/** Reads a source at most once a minute. A failed read is repeated the next time. */
function cached(clock: Clock, source: () => Promise<readonly Point[]>): PointSource {
  let answer: { readonly points: readonly Point[]; readonly atMs: number } | undefined
  return async () => {
    const nowMs = clock.monotonicMs()
    if (answer === undefined || nowMs - answer.atMs >= SLOW_INTERVAL_MS) {
      answer = { points: await source(), atMs: nowMs }
    }
    return answer.points
  }
}
