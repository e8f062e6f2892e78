import { readHeads } from '../audit/log/journal.ts'
import { decodePositions, encodePositions } from '../audit/log/positions.ts'
import { type EventRecord, parseEvent } from '../audit-index/event-record.ts'
import type { Gathered, GatherQuestion } from '../audit-index/gather.ts'
import type { FileLock } from '../store/file-lock.ts'
import { insert, type Records, replace } from '../store/records.ts'
import type { StreamEvent } from './notification.ts'
import { ALL, CURSOR, type CursorValue } from './notification-records.ts'

/** The dependencies of collecting. */
export type CollectDependencies = {
  readonly records: Records
  /** Reads the log: see `gatherRecords`. */
  readonly gather: (question: GatherQuestion) => Promise<Gathered>
  /** The event for a record; nothing for most. */
  readonly eventOf: (record: EventRecord) => Promise<StreamEvent | undefined>
  /** Queues events, durably. */
  readonly take: (events: readonly StreamEvent[]) => Promise<void>
  /** Called for a log that does not continue as it should. */
  readonly broken: (node: string, reason: string) => Promise<void>
  /** Done at the end of each turn. */
  readonly tidy: () => Promise<void>
  /** Claims the lock for collecting; nothing when another process has it. */
  readonly claimLock: () => FileLock | undefined
}

/**
 * Derives events from the audit log up to its saved heads. The cursor moves on only when they are queued. So
 * a crash leaves none out; it may derive some twice, with the same id.
 */
export async function collectEvents(dependencies: CollectDependencies): Promise<void> {
  const lock = dependencies.claimLock()
  if (lock === undefined) return
  try {
    await dependencies.records.refresh()
    while (await collectNext(dependencies));
    await dependencies.tidy()
  } finally {
    lock.release()
  }
}

/** One round; returns false when it has read all that it can. */
async function collectNext({
  records,
  gather,
  eventOf,
  take,
  broken,
}: CollectDependencies): Promise<boolean> {
  const cursor = await records.get(CURSOR, ALL, ALL)
  const { positions: from } = cursor?.value ?? START
  const heads = [...(await readHeads(records))].map(([node, { sequence }]) => [node, sequence] as const)
  if (heads.every(([node, end]) => (from[node]?.sequence ?? 0) >= end)) return false
  const gathered = await gather({ from: decodePositions(from), until: Object.fromEntries(heads) })
  const events: StreamEvent[] = []
  for (const line of gathered.lines) {
    const event = await eventOf(parseEvent(line))
    if (event !== undefined) events.push(event)
  }
  for (const { node, reason } of gathered.broken) await broken(node, reason)
  await take(events)
  const positions = encodePositions(gathered.positions)
  if (!hasMoved(from, positions)) return false
  const value: CursorValue = { format: 1, positions }
  await records.commit([cursor === undefined ? insert(CURSOR, ALL, ALL, value) : replace(cursor, value)])
  return true
}

const START: CursorValue = { format: 1, positions: {} }

type Positions = CursorValue['positions']

function hasMoved(from: Positions, to: Positions): boolean {
  return Object.entries(to).some(([node, { sequence }]) => sequence > (from[node]?.sequence ?? 0))
}

/** Limits alarms: each goes out once in a while, however often its cause occurs. */
export class AlarmLimiter {
  readonly #nowMs: () => number
  readonly #notifiedAt = new Map<string, number>()

  /** @param nowMs of a clock that nobody sets: setting back a wall clock would silence alarms. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Whether this alarm goes out now. */
  admit(reason: string): boolean {
    const now = this.#nowMs()
    const notifiedAt = this.#notifiedAt.get(reason)
    if (notifiedAt !== undefined && now - notifiedAt < ALARM_INTERVAL_MS) return false
    for (const [old, at] of this.#notifiedAt) if (now - at >= ALARM_INTERVAL_MS) this.#notifiedAt.delete(old)
    if (this.#notifiedAt.size >= ALARMS_MAX) return false
    this.#notifiedAt.set(reason, now)
    return true
  }
}

/** The same alarm goes out once in this time. */
export const ALARM_INTERVAL_MS = 3_600_000
/** Alarms that go out within that time; the log has the others. */
export const ALARMS_MAX = 100
