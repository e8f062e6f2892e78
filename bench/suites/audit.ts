import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { systemFiles } from '../../src/audit/log/files.ts'
import { verifyLog } from '../../src/audit/verify/verify.ts'
import { IndexService } from '../../src/audit-index/index-service.ts'
import type { LookupQuestion } from '../../src/audit-index/lookup.ts'
import type { LookupAttribute } from '../../src/audit-index/terms.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemSleep } from '../../src/base/ports.ts'
import { BENCH_ACCOUNT, BENCH_REGION, type BenchLog, FULL_BATCH, writeBenchLog } from '../audit-log.ts'
import { type Goal, median } from '../measures.ts'
import type { Options } from '../options.ts'

/** The results of the audit suite. */
export type AuditReport = {
  readonly events: number
  readonly logBytesPerEvent: number
  readonly gzipBytesPerEvent: number
  readonly indexBytesPerEvent: number
  readonly verified: readonly VerifySpeed[]
  readonly indexedPerSecond: number
  readonly lookups: readonly LookupTimes[]
  readonly goals: readonly Goal[]
}

/** The verification speed of logs with one batch size: per second of elapsed time and of CPU time. */
type VerifySpeed = {
  readonly batchEvents: number
  readonly perSecond: number
  readonly perCpuSecond: number
}

/** The durations of sequential lookups of 50 events each. */
type LookupTimes = {
  readonly what: string
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** The dependencies of the suite. */
export type AuditDependencies = {
  readonly options: Options
  /** An empty folder. */
  readonly folder: string
  readonly progress: (text: string) => void
}

/** Batches of one event occur when a single client waits for each response. */
const SMALL_BATCHES = [10, 1]
const SMALL_EVENTS = 200_000
const LOOKUPS = 200
const PAGE = 50
const HOUR_SECONDS = 3600
const VERIFY_REQUIRED = 200_000
const LOOKUP_REQUIRED_MS = 50
const GZIP_REQUIRED_BYTES = 120

/** Writes a log, verifies it, indexes it, and looks up events. */
export async function measureAudit({ options, folder, progress }: AuditDependencies): Promise<AuditReport> {
  const { events } = options
  const log = await writeBenchLog(join(folder, 'audit'), events)
  progress(`wrote ${events} events`)
  const verified = [await measureVerify(log, FULL_BATCH, progress)]
  for (const batchEvents of SMALL_BATCHES) {
    const count = Math.min(events, SMALL_EVENTS)
    const small = await writeBenchLog(join(folder, `batches-of-${batchEvents}`), count, batchEvents)
    verified.push(await measureVerify(small, batchEvents, progress))
  }
  const service = openService(folder, log)
  try {
    const indexing = performance.now()
    await service.catchUp()
    const indexedPerSecond = perSecond(events, indexing)
    progress(`indexed ${indexedPerSecond.toFixed(0)} events/s`)
    const lookups = await measureLookups(service, log, progress)
    const segment = readFileSync(join(log.folder, log.chain.node, '0000000000000001.jsonl'))
    const inSegment = segment.reduce((count, byte) => (byte === LINE_END ? count + 1 : count), 0)
    const report = {
      events,
      logBytesPerEvent: bytesIn(join(log.folder, log.chain.node)) / events,
      gzipBytesPerEvent: gzipSync(segment).length / inSegment,
      indexBytesPerEvent: bytesIn(join(folder, 'index')) / events,
      verified,
      indexedPerSecond,
      lookups,
    }
    return { ...report, goals: goalsOf(report) }
  } finally {
    await service.close()
  }
}

const LINE_END = 0x0a

/** Verifies a log twice and measures the second time, when the code is compiled and the files are cached. */
async function measureVerify(
  { folder, chain, heads }: BenchLog,
  batchEvents: number,
  progress: (text: string) => void,
): Promise<VerifySpeed> {
  const verify = () => verifyLog({ folder, key: chain.key, heads })
  const { firstDamage, events } = await verify()
  if (firstDamage !== undefined || events !== heads.get(chain.node)?.sequence)
    throw new Error('the log is incomplete')
  const [begun, cpu] = [performance.now(), process.cpuUsage()]
  await verify()
  const speed = perSecond(events, begun)
  const { user, system } = process.cpuUsage(cpu)
  const perCpuSecond = (events * 1e6) / (user + system)
  progress(
    `verified batches of ${batchEvents}: ${speed.toFixed(0)} events/s, ${perCpuSecond.toFixed(0)} per CPU second`,
  )
  return { batchEvents, perSecond: speed, perCpuSecond }
}

function openService(folder: string, log: BenchLog): IndexService {
  return new IndexService({
    folder: join(folder, 'index'),
    auditFolder: log.folder,
    key: log.chain.key,
    files: systemFiles,
    clock: systemClock,
    sleep: systemSleep,
    log: silentLog,
  })
}

async function measureLookups(
  service: IndexService,
  { keys, users, fromSecond, toSecond }: BenchLog,
  progress: (text: string) => void,
): Promise<readonly LookupTimes[]> {
  const pick = (from: readonly string[], index: number): string => from[(index * 31) % from.length] ?? ''
  const names = ['Encrypt', 'Decrypt', 'TagResource']
  const all = { fromSecond, toSecond }
  const hour = (index: number) => {
    const begin = fromSecond + ((index * 7919) % (toSecond - fromSecond))
    return { fromSecond: begin, toSecond: begin + HOUR_SECONDS }
  }
  type Question = { readonly attribute?: readonly [LookupAttribute, string]; readonly range: typeof all }
  const cases: Readonly<Record<string, (index: number) => Question>> = {
    'by key': (index) => ({ attribute: ['ResourceName', pick(keys, index)], range: all }),
    'by user': (index) => ({ attribute: ['Username', pick(users, index)], range: all }),
    'by event name': (index) => ({ attribute: ['EventName', pick(names, index)], range: all }),
    'an hour': (index) => ({ range: hour(index) }),
    'an hour, by key': (index) => ({ attribute: ['ResourceName', pick(keys, index)], range: hour(index) }),
    'changes only': () => ({ attribute: ['ReadOnly', 'false'], range: all }),
  }
  const times: LookupTimes[] = []
  for (const [what, make] of Object.entries(cases)) {
    const durations: number[] = []
    for (let index = 0; index < LOOKUPS; index += 1) {
      const { attribute, range } = make(index)
      const question: LookupQuestion = {
        account: BENCH_ACCOUNT,
        region: BENCH_REGION,
        attribute: attribute && { name: attribute[0], value: attribute[1] },
        ...range,
        limit: PAGE,
      }
      const begun = performance.now()
      await service.answer({ ask: 'lookup', question, reachMs: 0 })
      durations.push(performance.now() - begun)
    }
    times.push({
      what,
      p50Ms: median(durations),
      p99Ms: percentile(durations, 0.99),
      maxMs: Math.max(...durations),
    })
    progress(`lookup ${what}: ${median(durations).toFixed(1)} ms`)
  }
  return times
}

function goalsOf(report: Omit<AuditReport, 'goals'>): readonly Goal[] {
  const { events, verified, lookups, gzipBytesPerEvent } = report
  const slowestMs = Math.max(...lookups.map(({ p99Ms }) => p99Ms))
  return [
    ...verified.map(({ batchEvents, perSecond: speed, perCpuSecond }) => ({
      name: `audit verify, on one core, batches of ${batchEvents}`,
      required: `at least ${VERIFY_REQUIRED} events per CPU second`,
      measured: `${perCpuSecond.toFixed(0)} events/s (${speed.toFixed(0)} by the clock)`,
      met: perCpuSecond >= VERIFY_REQUIRED,
    })),
    {
      name: `p99 of the slowest kind of lookup among ${events} events`,
      required: `under ${LOOKUP_REQUIRED_MS} ms`,
      measured: `${slowestMs.toFixed(1)} ms`,
      met: slowestMs < LOOKUP_REQUIRED_MS,
    },
    {
      name: 'Compressed size of an event on disk',
      required: `under ${GZIP_REQUIRED_BYTES} bytes`,
      measured: `${gzipBytesPerEvent.toFixed(0)} bytes`,
      met: gzipBytesPerEvent < GZIP_REQUIRED_BYTES,
    },
  ]
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
}

function perSecond(events: number, begunMs: number): number {
  return (events * 1000) / (performance.now() - begunMs)
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
