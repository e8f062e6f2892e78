import type { Goal, ThroughputRow } from './measures.ts'
import type { AuditReport } from './suites/audit.ts'
import type { BackgroundReport } from './suites/background.ts'
import type { DecisionsReport } from './suites/decisions.ts'
import type { LatencyReport } from './suites/latency.ts'
import type { MemoryReport } from './suites/memory.ts'
import type { MetricsReport } from './suites/metrics.ts'
import type { NeighboursReport } from './suites/neighbours.ts'
import type { S3Report } from './suites/s3.ts'
import type { SessionReport } from './suites/session.ts'
import type { SpecsReport } from './suites/specs.ts'
import type { StartReport } from './suites/start.ts'
import type { ThroughputReport } from './suites/throughput.ts'

/** The machine of a report. Figures of different machines are not comparable. */
export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly platform: string
  readonly node: string
  /** Whether the data folders were in memory, so that durability cost nothing. */
  readonly dataInMemory: boolean
}

/** The results of one run. */
export type Report = {
  readonly machine: Machine
  readonly settings: { readonly seconds: number; readonly rounds: number }
  readonly throughput: ThroughputReport | undefined
  readonly memory: MemoryReport | undefined
  readonly start: StartReport | undefined
  readonly audit: AuditReport | undefined
  readonly background: BackgroundReport | undefined
  readonly metrics: MetricsReport | undefined
  readonly decisions: DecisionsReport | undefined
  readonly specs: SpecsReport | undefined
  readonly latency: LatencyReport | undefined
  readonly session: SessionReport | undefined
  readonly neighbours: NeighboursReport | undefined
  readonly s3: S3Report | undefined
}

/** The release goals of all suites that ran. */
export function goalsOf({
  throughput,
  memory,
  start,
  audit,
  decisions,
  background,
  metrics,
  specs,
  latency,
  session,
  neighbours,
  s3,
}: Report): readonly Goal[] {
  const more = [specs, latency, session, neighbours, s3]
  return [throughput, memory, start, audit, decisions, background, metrics, ...more].flatMap(
    (suite) => suite?.goals ?? [],
  )
}

/** Calls without status 200, of all suites that ran. */
export function errorsOf({ throughput, memory, neighbours }: Report): readonly string[] {
  const rows = throughput?.rows ?? []
  const failed = rows.filter(({ errorCount }) => errorCount > 0)
  return [
    ...failed.map((row) => `${row.label} ${row.operation} x${row.connections}: ${failure(row)}`),
    ...(memory !== undefined && memory.errorCount > 0 ? [`holdfast memory: ${failure(memory)}`] : []),
    ...(neighbours?.errors ?? []),
  ]
}

/** Formats the report for a terminal. */
export function formatReport(report: Report): string {
  const { machine, throughput, memory, start, audit, decisions, settings } = report
  const sections = [
    formatMachine(machine),
    ...(throughput === undefined ? [] : [formatThroughput(throughput, settings)]),
    ...(memory === undefined ? [] : [formatMemory(memory)]),
    ...(start === undefined ? [] : [formatStart(start)]),
    ...(audit === undefined ? [] : [formatAudit(audit)]),
    ...(report.background === undefined ? [] : [formatBackground(report.background)]),
    ...(report.metrics === undefined ? [] : [formatMetrics(report.metrics)]),
    ...(decisions === undefined ? [] : [formatDecisions(decisions)]),
    ...(report.specs === undefined ? [] : [formatSpecs(report.specs)]),
    ...(report.latency === undefined ? [] : [formatLatency(report.latency)]),
    ...(report.session === undefined ? [] : [formatSession(report.session)]),
    ...(report.neighbours === undefined ? [] : [formatNeighbours(report.neighbours)]),
    ...(report.s3 === undefined ? [] : [formatS3(report.s3)]),
    ...goalsOf(report).map(
      ({ name, required, measured, met }) =>
        `${met ? 'met   ' : 'MISSED'}  ${name}: ${measured} (${required})`,
    ),
    ...errorsOf(report).map((text) => `ERROR   ${text}`),
  ]
  return `${sections.join('\n')}\n`
}

/** Formats rows of cells as a table. The first row is the head. Columns whose cells begin with a digit align right. */
export function formatTable(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  const right = widths.map((_, column) => lines.slice(1).every((line) => /^[\d-]/.test(line[column] ?? '-')))
  const rows = lines.map((line) =>
    line
      .map((cell, column) =>
        right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  return rows.join('\n')
}

function failure({
  errorCount,
  errors,
}: {
  readonly errorCount: number
  readonly errors: readonly string[]
}): string {
  return `${errorCount} errors, for example: ${errors[0] ?? 'no description'}`
}

function formatMachine({ cpu, cores, memoryBytes, platform, node, dataInMemory }: Machine): string {
  const line = `${cpu}, ${cores} cores, ${(memoryBytes / 1e9).toFixed(0)} GB, ${platform}, node ${node}`
  return dataInMemory ? `${line}\nThe data folder is in memory, so durability costs nothing (--folder)` : line
}

const HEAD = [
  'operation',
  'conns',
  'target',
  'calls/s',
  'of floor',
  'p50 ms',
  'p99 ms',
  'CPU us',
  'busy',
  'RSS MB',
  'load',
  'errors',
]

function formatThroughput({ rows, answerBytes }: ThroughputReport, settings: Report['settings']): string {
  const bytes = answerBytes.map(({ operation, holdfast, floor }) => `${operation} ${holdfast}/${floor}`)
  return [
    `\nThroughput: medians of ${settings.rounds} windows of ${settings.seconds} s`,
    formatTable([HEAD, ...rows.map(cellsOf)]),
    `Response bytes, holdfast/floor: ${bytes.join(', ')}\n`,
  ].join('\n')
}

function cellsOf(row: ThroughputRow): readonly string[] {
  return [
    row.operation,
    row.connections.toString(),
    row.label,
    row.callsPerSecond.toFixed(0),
    `${(row.shareOfFloor * 100).toFixed(1)}%`,
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.cpuUsPerCall?.toFixed(1) ?? '-',
    row.busy === undefined ? '-' : `${(row.busy * 100).toFixed(0)}%`,
    megabytes(row.rssBytes),
    `${(row.loadBusy * 100).toFixed(0)}%`,
    row.errorCount.toString(),
  ]
}

function formatMemory({ samples, rows, peakBytes, callsPerSecond }: MemoryReport): string {
  const lines = samples.map(({ calls, rssBytes }) => [calls.toString(), megabytes(rssBytes)])
  const last = `Peak ${megabytes(peakBytes)} MB; ${callsPerSecond.toFixed(0)} calls/s\n`
  const others = rows.map((row) => [
    row.what,
    ...[row.beforeBytes, row.peakBytes, row.endBytes, row.restBytes].map(megabytes),
    row.required,
    row.met ? 'yes' : 'no',
  ])
  return [
    '\nMemory: Encrypt at 64 connections',
    formatTable([['calls', 'RSS MB'], ...lines]),
    last,
    'Resident memory in other situations, MB',
    formatTable([['situation', 'before', 'peak', 'end', '1 minute later', 'required', 'holds'], ...others]),
  ].join('\n')
}

function formatStart({ keys, readyMs, medianMs, rssBytes }: StartReport): string {
  const each = readyMs.map((ms) => ms.toFixed(0)).join(', ')
  const line = `median ${medianMs.toFixed(0)} ms of ${each}; RSS ${megabytes(rssBytes)} MB when ready`
  return `\nStart to ready with ${keys} keys: ${line}\n`
}

function formatBackground({ withAll, without, share }: BackgroundReport): string {
  const [on, off] = [withAll.toFixed(0), without.toFixed(0)]
  return `\nEncrypt/s with index, insights, a trail and metrics ${on}, without ${off}: ${(share * 100).toFixed(1)}%\n`
}

function formatMetrics({ withMetrics, without, cpuUs, cpuUsWithout }: MetricsReport): string {
  const [on, off] = [withMetrics, without].map((value) => value.toFixed(0))
  const [cpu, cpuOff] = [cpuUs, cpuUsWithout].map((value) => value.toFixed(1))
  return `\nEncrypt/s with metrics ${on}, without ${off}; CPU per call ${cpu} us and ${cpuOff} us\n`
}

function formatAudit(report: AuditReport): string {
  const { events, verified, indexedPerSecond, lookups } = report
  const bytes = [report.logBytesPerEvent, report.gzipBytesPerEvent, report.indexBytesPerEvent]
  const [log, gzip, index] = bytes.map((value) => value.toFixed(0))
  const lines = lookups.map(({ what, p50Ms, p99Ms, maxMs }) => [
    what,
    p50Ms.toFixed(1),
    p99Ms.toFixed(1),
    maxMs.toFixed(1),
  ])
  return [
    `\nAudit log of ${events} events: ${log} bytes each, ${gzip} compressed, ${index} in the index`,
    ...verified.map(
      ({ batchEvents, perSecond, perCpuSecond }) =>
        `verified ${perSecond.toFixed(0)} events/s in batches of ${batchEvents}, ${perCpuSecond.toFixed(0)} per CPU second`,
    ),
    `indexed ${indexedPerSecond.toFixed(0)} events/s`,
    `${formatTable([['lookup of 50', 'p50 ms', 'p99 ms', 'max ms'], ...lines])}\n`,
  ].join('\n')
}

function formatDecisions({ rows }: DecisionsReport): string {
  const lines = rows.map(({ name, allowed, us, slowestUs }) => [
    name,
    allowed ? 'allowed' : 'refused',
    us.toFixed(2),
    slowestUs.toFixed(2),
  ])
  const head = ['policies', 'decision', 'CPU us', 'slowest']
  return `\nDecisions over 20 policies of 30 statements\n${formatTable([head, ...lines])}\n`
}

function formatSpecs({ rows }: SpecsReport): string {
  const head = [
    'operation',
    'spec',
    'conns',
    'workers',
    'calls/s',
    'p50 ms',
    'p99 ms',
    'CPU us',
    'bare us',
    'cores busy',
  ]
  const lines = rows.map((row) => [
    row.operation,
    row.spec,
    row.connections.toString(),
    row.workers,
    row.callsPerSecond.toFixed(0),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.cpuUs?.toFixed(1) ?? '-',
    row.bareUs?.toFixed(1) ?? '-',
    row.coresBusy === undefined ? '-' : `${(row.coresBusy * 100).toFixed(0)}%`,
  ])
  return `\nCompared with the bare call of node:crypto\n${formatTable([head, ...lines])}\n`
}

function formatNeighbours({ keys, events, rows, floods }: NeighboursReport): string {
  const head = [
    'call',
    'kind',
    'status',
    'response, bytes',
    'first turn, ms',
    'later turns, ms',
    'all turns, ms',
  ]
  const lines = rows
    .toSorted((one, other) => other.warmTurnMs - one.warmTurnMs)
    .map((row) => [
      ...[`${row.service} ${row.what}`, row.kind, String(row.status), String(row.answerBytes)],
      ...[row.coldTurnMs, row.warmTurnMs, row.busyMs].map((ms) => ms.toFixed(1)),
      ...encryptCells(row),
    ])
  const others = floods.map((flood) => [
    ...[flood.what, flood.longestTurnMs.toFixed(1)],
    ...encryptCells(flood),
  ])
  return [
    `\nEvent-loop turns of one call, main-thread CPU time; ${keys} keys, ${events} events.`,
    'p99 and rate of Encrypt on 4 connections during the case, as multiples of those without load',
    formatTable([[...head, ...ENCRYPT_HEAD], ...lines]),
    ...(others.length === 0
      ? []
      : [`\n${formatTable([['flood', 'longest turn, ms', ...ENCRYPT_HEAD], ...others])}`]),
    '',
  ].join('\n')
}

const ENCRYPT_HEAD = ['Encrypt p99', 'Encrypt rate']

function encryptCells({ p99Ratio, rateShare }: { readonly p99Ratio?: number; readonly rateShare?: number }) {
  return [p99Ratio?.toFixed(1) ?? '-', rateShare?.toFixed(2) ?? '-']
}

function formatSession({ root, session, share }: SessionReport): string {
  const [own, role] = [root.toFixed(0), session.toFixed(0)]
  return `\nEncrypt/s as the root user ${own}, as a role session ${role}: ${(share * 100).toFixed(1)}%\n`
}

function formatLatency({ rows }: LatencyReport): string {
  const lines = rows.map((row) => [
    row.beside,
    row.workers,
    row.otherCalls.toFixed(1),
    row.encryptCalls.toFixed(0),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
  ])
  const head = ['other work', 'workers', 'other calls/s', 'Encrypt/s', 'p50 ms', 'p99 ms']
  return `\n${formatTable([head, ...lines])}\n`
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '-' : (bytes / 1e6).toFixed(1)
}

function formatS3({ rows }: S3Report): string {
  const lines = rows.map(
    ({ what, encrypted, plain, encryptedCpuMs, plainCpuMs }) =>
      `s3  ${what}: ${encrypted.toFixed(1)} requests/s and ${plain.toFixed(1)} without encryption; ` +
      `${encryptedCpuMs.toFixed(2)} and ${plainCpuMs.toFixed(2)} ms of processor time for each`,
  )
  return lines.join('\n')
}
