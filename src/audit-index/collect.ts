import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { AuditFiles } from '../audit/log/files.ts'
import { followLog, LOG_START, LogBroken, type LogPosition } from '../audit/log/follow.ts'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import { isInsight } from './event-facts.ts'
import { type EventRecord, parseEvent } from './event-record.ts'

/** The events that a trail delivers. */
export type EventSelector = {
  readonly readWrite: 'All' | 'ReadOnly' | 'WriteOnly'
  readonly management: boolean
  /** Excluded event sources. */
  readonly exclude: readonly string[]
}

/** A period in which a trail delivers; without an end, it is current. */
export type LoggingPeriod = { readonly from: number; readonly to?: number }

/** The filter of a trail's events. */
export type EventFilter = {
  readonly account: string
  /** The region; absent: all. */
  readonly region?: string
  /** Whether to include events of services without regions. */
  readonly globalEvents: boolean
  readonly selectors: readonly EventSelector[]
  readonly periods: readonly LoggingPeriod[]
  /** The types of insights; with any, also Holdfast's own. */
  readonly insights: readonly string[]
}

/** A request to collect events: those after some positions, up to sequence numbers that end batches. */
export type CollectQuestion = {
  readonly filter: EventFilter
  readonly from: Readonly<Record<string, LogPosition>>
  readonly until: Readonly<Record<string, number>>
  /** Whether to stop as soon as there is enough for one file. */
  readonly limited: boolean
}

/** The content of a log file: calls and service events, or insights. */
export type LogFileKind = 'CloudTrail' | 'CloudTrail-Insight'

/** The events of one region as a log file. */
type CollectedFile = {
  readonly region: string
  readonly kind: LogFileKind
  /** One gzip member. */
  readonly bytes: Uint8Array
  /** SHA-256 of the uncompressed bytes, in lower-case hexadecimal. */
  readonly hash: string
  readonly oldest: string
  readonly newest: string
}

/** The collected events and the reached positions. The same request gives the same events. */
export type Collected = {
  readonly files: readonly CollectedFile[]
  readonly positions: Readonly<Record<string, LogPosition>>
}

/** The dependencies of reading logs. */
export type CollectDependencies = {
  readonly files: AuditFiles
  readonly auditFolder: string
  readonly key: HmacKey
}

/** The approximate number of events in a log file. CloudTrail's own files are at most 50 MB compressed. */
const FILE_EVENTS = 20_000
/** The maximum number of events read in one step, delivered or not. */
const SEEN_EVENTS = 200_000
const GLOBAL_SOURCES = new Set(['iam.amazonaws.com', 'sts.amazonaws.com'])
/** The insights that a trail can choose. Source: AWS CloudTrail API Reference, "InsightSelector". */
const SELECTABLE = new Set(['ApiCallRateInsight', 'ApiErrorRateInsight'])
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/
const SECOND_MS = 1000
const compress = promisify(gzip)

/** Collects events into log files, one for each region. @throws LogBroken. */
export async function collectEvents(
  dependencies: CollectDependencies,
  question: CollectQuestion,
): Promise<Collected> {
  const { until, from, limited } = question
  const gathered = new Gathered(question.filter, limited)
  const positions: Record<string, LogPosition> = { ...from }
  for (const node of Object.keys(until).sort()) {
    positions[node] = await followNode(dependencies, node, from[node] ?? LOG_START, {
      end: until[node] ?? 0,
      gathered,
    })
    if (gathered.isEnough) break
  }
  return { files: await Promise.all(gathered.files()), positions }
}

async function followNode(
  { files, auditFolder, key }: CollectDependencies,
  node: string,
  from: LogPosition,
  { end, gathered }: { readonly end: number; readonly gathered: Gathered },
): Promise<LogPosition> {
  if (from.point.sequence >= end) return from
  const log = { files, folder: join(auditFolder, node), chain: { node, key }, fromFirstKept: true }
  for await (const batch of followLog(log, from)) {
    gathered.take(batch.events)
    if (batch.end.point.sequence >= end || gathered.isEnough) return batch.end
  }
  throw new LogBroken(`${node}: the log does not have a batch that ends with event ${end}`)
}

type FileEvents = {
  readonly region: string
  readonly kind: LogFileKind
  readonly lines: string[]
  oldest: string
  newest: string
}

class Gathered {
  readonly #filter: EventFilter
  readonly #limited: boolean
  readonly #files = new Map<string, FileEvents>()
  #taken = 0
  #seen = 0

  constructor(filter: EventFilter, limited: boolean) {
    this.#filter = filter
    this.#limited = limited
  }

  /** Whether there is enough for one file, if the request is limited. */
  get isEnough(): boolean {
    return this.#limited && (this.#taken >= FILE_EVENTS || this.#seen >= SEEN_EVENTS)
  }

  take(events: Uint8Array): void {
    for (const line of fromUtf8(events).split('\n')) {
      if (line === '') continue
      this.#seen += 1
      const event = parseEvent(line)
      if (isDelivered(event, this.#filter)) this.#keep(event, line)
    }
  }

  files(): readonly Promise<CollectedFile>[] {
    const inOrder = [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1))
    return inOrder.map(async ([, { lines, ...file }]) => {
      const bytes = utf8(`{"Records":[${lines.join(',')}]}`)
      return { ...file, bytes: await compress(bytes), hash: sha256Hex(bytes) }
    })
  }

  #keep(event: EventRecord, line: string): void {
    const { awsRegion: region, eventTime } = event
    const kind: LogFileKind = isInsight(event) ? 'CloudTrail-Insight' : 'CloudTrail'
    const name = `${region}/${kind}`
    const file = this.#files.get(name) ?? { region, kind, lines: [], oldest: eventTime, newest: eventTime }
    this.#files.set(name, file)
    file.lines.push(line)
    if (eventTime < file.oldest) file.oldest = eventTime
    if (eventTime > file.newest) file.newest = eventTime
    this.#taken += 1
  }
}

/** Whether a trail delivers an event. */
function isDelivered(event: EventRecord, filter: EventFilter): boolean {
  const { account, region, globalEvents, selectors, periods } = filter
  if (event.recipientAccountId !== account || !REGION.test(event.awsRegion)) return false
  if (region !== undefined && event.awsRegion !== region) return false
  const source = event.insightDetails?.eventSource ?? event.eventSource
  if (!globalEvents && GLOBAL_SOURCES.has(source)) return false
  const at = Date.parse(event.eventTime)
  // Event times are whole seconds: an event in the second in which logging began is included.
  const inTime = periods.some(
    ({ from, to = Number.POSITIVE_INFINITY }) => at >= Math.floor(from / SECOND_MS) * SECOND_MS && at <= to,
  )
  if (!inTime) return false
  if (isInsight(event)) return isInsightSelected(event, filter.insights)
  return selectors.some((selector) => isSelected(event, selector))
}

function isInsightSelected({ insightDetails }: EventRecord, insights: readonly string[]): boolean {
  const type = insightDetails?.insightType ?? ''
  return insights.includes(type) || (insights.length > 0 && !SELECTABLE.has(type))
}

function isSelected(event: EventRecord, { readWrite, management, exclude }: EventSelector): boolean {
  if (!management || exclude.includes(event.eventSource)) return false
  return readWrite === 'All' || event.readOnly === (readWrite === 'ReadOnly')
}
