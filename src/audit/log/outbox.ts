import { join } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import type { Log } from '../../base/log.ts'
import type { Timer, Timers } from '../../base/ports.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { StoreConflict } from '../../store/port.ts'
import { type Change, insert, type Kind, type Records, remove } from '../../store/records.ts'
import type { AuditFiles } from './files.ts'
import { readSegment } from './read.ts'
import { segmentName, segmentsAmong } from './segment.ts'
import type { AuditLog } from './writer.ts'

/** An event that was committed together with the change that it records. */
export type OutboxValue = {
  readonly format: 1
  /** The CloudTrail record as JSON text. */
  readonly event: string
  /** The last durable sequence number at the time of the commit: the event comes after it. */
  readonly after: number
}

/** Events that are not yet in the log: partition the node, name the event id. */
export const OUTBOX: Kind<OutboxValue> = kindOfFormat1('outbox')

/**
 * The interval at which delivered events are removed, in one commit; earlier when there are {@link
 * FORGET_MAX}.
 */
export const FORGET_INTERVAL_MS = 1000
/** The most events that one commit removes. */
export const FORGET_MAX = 200
/** Events of the outbox that a start holds in memory. */
const DRAIN_MAX = 64
/** The interval between attempts to append an event. */
const RETRY_INTERVAL_MS = 1000

/**
 * The version of every record: none is replaced, and none inserted again, since each event has an id of its own. So the
 * outbox removes records without reading them.
 */
const ONLY_VERSION = 1

/** The change that puts an event into the outbox, for the commit that it records. */
export function outboxChange(
  node: string,
  event: { readonly id: string; readonly json: string },
  after: number,
): Change {
  return { ...insert(OUTBOX, node, event.id, { format: 1, event: event.json, after }), first: ONLY_VERSION }
}

/** The dependencies of emptying an outbox. */
export type DrainDependencies = {
  readonly records: Records
  readonly log: AuditLog
  readonly files: AuditFiles
  /** The node's own folder. */
  readonly folder: string
  readonly node: string
}

/**
 * Appends every event of the node's outbox to the log, once, and empties the outbox; at a start, before
 * anything else appends. Returns how many events were not in the log before.
 *
 * @throws AuditUnavailable, StoreFailure; what was done is not done again.
 */
export async function drainOutbox({ records, log, files, folder, node }: DrainDependencies): Promise<number> {
  let appended = 0
  for (;;) {
    const { records: waiting } = await records.list(OUTBOX, { partition: node, limit: DRAIN_MAX })
    if (waiting.length === 0) return appended
    const inOrder = waiting.toSorted((a, b) => a.value.after - b.value.after)
    const present = await idsAfter(files, folder, inOrder[0]?.value.after ?? 0)
    const missing = inOrder.filter((record) => !present.has(record.name))
    await Promise.all(missing.map((record) => log.append(record.value.event)))
    appended += missing.length
    await records.commit(inOrder.map((record) => remove(record)))
  }
}

/** The ids of all events with a sequence number above `after`, and of some below. */
async function idsAfter(files: AuditFiles, folder: string, after: number): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  const segments = segmentsAmong(await files.list(folder))
  const from = segments.findLastIndex((first) => first <= after + 1)
  for (const first of segments.slice(Math.max(0, from))) {
    let sequence = first - 1
    for await (const part of readSegment(files, join(folder, segmentName(first)))) {
      if (part.type !== 'batch') continue
      sequence += part.count
      if (sequence > after) addIds(ids, part.events)
    }
  }
  return ids
}

function addIds(ids: Set<string>, events: Uint8Array): void {
  for (const line of fromUtf8(events).split('\n')) {
    if (line !== '') ids.add(parseEventId(line))
  }
}

/** The id of an event in the log, whose MAC was checked. */
function parseEventId(line: string): string {
  const { eventID } = JSON.parse(line) as { readonly eventID: string }
  return eventID
}

/** The dependencies of an outbox. */
export type OutboxDependencies = {
  readonly records: Records
  readonly auditLog: AuditLog
  readonly node: string
  readonly timers: Timers
  readonly log: Log
}

/**
 * Events whose commit is done, until they are in the log and no longer in the outbox. They are durable from
 * their commit on, so no caller waits for the outbox.
 */
export class Outbox {
  readonly #dependencies: OutboxDependencies
  /** Appends in progress. */
  readonly #appends = new Set<Promise<void>>()
  /** Events that could not be appended, in the order of their commits. */
  #delayed: { readonly id: string; readonly json: string }[] = []
  /** Events that are in the log, and still in the outbox. */
  #delivered: string[] = []
  #retry: Timer | undefined
  #forget: Timer | undefined
  #forgetting: Promise<void> | undefined

  constructor(dependencies: OutboxDependencies) {
    this.#dependencies = dependencies
  }

  /** Events that could not be appended yet. */
  get delayed(): number {
    return this.#delayed.length
  }

  /** The change for the commit that the event records. */
  change(id: string, json: string): Change {
    const { node, auditLog } = this.#dependencies
    return outboxChange(node, { id, json }, auditLog.sequence)
  }

  /** Appends an event whose commit is done; tries again until the log can be written. */
  deliver(id: string, json: string): void {
    const append = this.#append(id, json).finally(() => this.#appends.delete(append))
    this.#appends.add(append)
  }

  /**
   * Tries once more to append what is delayed, and removes what is delivered; the rest waits for the next
   * start.
   */
  async close(): Promise<void> {
    await Promise.all(this.#appends)
    this.#retry?.cancel()
    this.#deliverDelayed()
    await Promise.all(this.#appends)
    this.#retry?.cancel()
    this.#forget?.cancel()
    await this.#forgetting
    while (this.#delivered.length > 0) await this.#remove(this.#delivered.splice(0, FORGET_MAX))
  }

  async #append(id: string, json: string): Promise<void> {
    try {
      await this.#dependencies.auditLog.append(json)
    } catch (error) {
      this.#delayed.push({ id, json })
      this.#dependencies.log.warn('an event waits in the outbox', { eventId: id, reason: String(error) })
      this.#retry ??= this.#dependencies.timers.after(RETRY_INTERVAL_MS, () => this.#deliverDelayed())
      return
    }
    this.#delivered.push(id)
    if (this.#delivered.length >= FORGET_MAX) this.#forgetSome()
    else this.#armForget()
  }

  #deliverDelayed(): void {
    this.#retry = undefined
    for (const { id, json } of this.#delayed.splice(0)) this.deliver(id, json)
  }

  #armForget(): void {
    this.#forget ??= this.#dependencies.timers.after(FORGET_INTERVAL_MS, () => this.#forgetSome())
  }

  #forgetSome(): void {
    this.#forget?.cancel()
    this.#forget = undefined
    if (this.#forgetting !== undefined) return
    const ids = this.#delivered.splice(0, FORGET_MAX)
    this.#forgetting = this.#remove(ids)
      .catch((error: unknown) => {
        this.#delivered.push(...ids)
        this.#dependencies.log.warn('delivered events could not be forgotten', { reason: String(error) })
      })
      .then(() => {
        this.#forgetting = undefined
        if (this.#delivered.length > 0) this.#armForget()
      })
  }

  /** Removes delivered events from the outbox; those that are gone already do not matter. */
  async #remove(ids: readonly string[]): Promise<void> {
    const { records, node } = this.#dependencies
    try {
      await records.commit(ids.map((name) => removal(node, name)))
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error
      const found = await Promise.all(ids.map((name) => records.get(OUTBOX, node, name)))
      await records.commit(found.filter((record) => record !== undefined).map((record) => remove(record)))
    }
  }
}

function removal(node: string, name: string): Change {
  return { kind: OUTBOX.name, partition: node, name, expected: ONLY_VERSION, value: undefined }
}
