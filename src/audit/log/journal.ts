import { join } from 'node:path'
import type { Log } from '../../base/log.ts'
import type { Clock, Random, Timers } from '../../base/ports.ts'
import type { HmacKey } from '../../crypto/hmac.ts'
import type { Change } from '../../store/records.ts'
import { insert, LIST_MAX_RECORDS, type Records, replace } from '../../store/records.ts'
import type { FormattedEvent } from '../events/service-event.ts'
import { AuditUnavailable } from './damage.ts'
import type { AuditFiles } from './files.ts'
import { AUDIT_HEAD, AUDIT_HEAD_PARTITION, type AuditHead, decodeHead, encodeHead } from './head.ts'
import { drainOutbox, OUTBOX, Outbox } from './outbox.ts'
import { recoverLog, type TornTail } from './recover.ts'
import { type ClaimLock, claimSlot, nodesAmong, type Slot } from './slot.ts'
import { AuditLog, writeAll } from './writer.ts'

/** The dependencies of a journal. */
export type JournalDependencies = {
  /** The folder with the nodes' folders. */
  readonly folder: string
  readonly key: HmacKey
  readonly records: Records
  readonly files: AuditFiles
  readonly claimLock: ClaimLock
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  /**
   * Called for each batch of the log that has become durable, with the time that its first event has waited.
   */
  readonly durable?: ((waitedMs: number) => void) | undefined
  /** Whether the disk is full but for the reserve, which is for revocations; without it, never. */
  readonly isReserved?: (() => boolean) | undefined
}

/** A revocation becomes durable also when only the reserve of the disk is left. */
export type Urgency = 'usual' | 'revocation'

/**
 * Makes calls durable before they are answered: this node's log, and the outbox for events that belong to
 * changes.
 */
export class Journal {
  readonly #slot: Slot
  readonly #auditLog: AuditLog
  readonly #outbox: Outbox
  readonly #records: Records
  readonly #files: AuditFiles
  readonly #isReserved: () => boolean
  /** What was cut from the end of the log at the start. */
  readonly torn: TornTail | undefined

  constructor(dependencies: JournalDependencies, { slot, auditLog, torn }: OpenLog) {
    const { records, files, timers, log, isReserved = () => false } = dependencies
    this.#slot = slot
    this.#isReserved = isReserved
    this.#files = files
    this.#auditLog = auditLog
    this.#records = records
    this.#outbox = new Outbox({ records, auditLog, node: slot.node, timers, log })
    this.torn = torn
  }

  get node(): string {
    return this.#slot.node
  }

  /** The condition of the log, for monitoring. */
  get condition(): JournalCondition {
    const { waiting, sequence, isImpaired } = this.#auditLog
    return { waiting, sequence, isImpaired, delayed: this.#outbox.delayed }
  }

  /**
   * Learns whether the log can be written, also when nobody writes to it. @throws AuditUnavailable or what a
   * write throws.
   */
  async probe(): Promise<void> {
    await this.#auditLog.assertWritable()
    await probeFile(this.#files, join(this.#slot.folder, PROBE_FILE))
  }

  /** Resolves once the event is durable. @throws AuditUnavailable. */
  append(eventJson: string, urgency: Urgency = 'usual'): Promise<void> {
    if (urgency === 'usual' && this.#isReserved()) return Promise.reject(new AuditUnavailable(DISK_IS_FULL))
    return this.#auditLog.append(eventJson)
  }

  /**
   * Makes the changes and their events durable together, or neither.
   *
   * @throws StoreConflict, StoreFailure, AuditUnavailable; then nothing has changed, unless the thread of the store has
   * died: then the change and its events may be durable.
   */
  async commit(
    changes: readonly Change[],
    events: readonly FormattedEvent[],
    urgency: Urgency = 'usual',
  ): Promise<void> {
    if (urgency === 'usual' && this.#isReserved()) throw new AuditUnavailable(DISK_IS_FULL)
    await this.#auditLog.assertWritable()
    const waiting = events.map(({ id, json }) => this.#outbox.change(id, json))
    await this.#records.commit([...changes, ...waiting])
    for (const { id, json } of events) this.#outbox.deliver(id, json)
  }

  /** Writes the waiting events and releases the node's place. */
  async close(): Promise<void> {
    try {
      await this.#outbox.close()
      await this.#auditLog.close()
    } finally {
      this.#slot.lock.release()
    }
  }
}

const DISK_IS_FULL = 'the disk is full: what is left is for revocations'

/** The condition of a node's log. */
export type JournalCondition = {
  /** Events that wait to become durable. */
  readonly waiting: number
  /** The last durable sequence number. */
  readonly sequence: number
  readonly isImpaired: boolean
  /** Events that are durable in the outbox and could not be appended to the log yet. */
  readonly delayed: number
}

/** Beside the segments, so that their readers never read it. */
const PROBE_FILE = 'probe'
/** The least that a file system allocates for a file. */
const PROBE = Buffer.alloc(4096, '\n')

async function probeFile(files: AuditFiles, path: string): Promise<void> {
  const file = await files.openAppend(path)
  try {
    await file.truncate(0)
    await writeAll(file, PROBE)
    await file.truncate(0)
  } finally {
    await file.close()
  }
}

type OpenLog = { readonly slot: Slot; readonly auditLog: AuditLog; readonly torn: TornTail | undefined }

/**
 * Takes a node's place and recovers its log: sets aside a torn end, and appends the events that are still in
 * the outbox, also of nodes that have ended.
 *
 * @throws AuditDamaged, AuditUnavailable, StoreFailure.
 */
export async function openJournal(dependencies: JournalDependencies): Promise<Journal> {
  await dependencies.files.makeFolder(dependencies.folder)
  const slot = await claimSlot(dependencies.folder, dependencies.files, dependencies.claimLock)
  try {
    const open = await openSlot(dependencies, slot)
    await adoptOutboxes(dependencies, slot.node)
    return new Journal(dependencies, open)
  } catch (error) {
    slot.lock.release()
    throw error
  }
}

async function openSlot(dependencies: JournalDependencies, slot: Slot): Promise<OpenLog> {
  const { records, files, key } = dependencies
  const { node, folder } = slot
  const chain = { node, key }
  const head = await readHead(records, node)
  const { tail, torn } = await recoverLog({ folder, chain, files, head })
  const saveHead = (next: AuditHead): Promise<void> => writeHead(records, node, next)
  const { point, segment } = tail
  // What a killed process has left is durable now: a reader that follows the log to its head must see it.
  if (segment !== undefined && point.sequence > (head?.sequence ?? 0)) {
    await saveHead({ ...point, segment: segment.first })
  }
  const auditLog = new AuditLog({ ...dependencies, folder, chain, tail, saveHead })
  await drainOutbox({ records, log: auditLog, files, folder, node })
  return { slot, auditLog, torn }
}

/**
 * Delivers the events that ended nodes have left. A running node does so itself.
 *
 * @throws as {@link adoptLog}.
 */
export async function adoptOutboxes(dependencies: JournalDependencies, own: string): Promise<void> {
  for (const node of nodesAmong(await dependencies.files.list(dependencies.folder))) {
    if (node === own) continue
    const waiting = await dependencies.records.list(OUTBOX, { partition: node, limit: 1 })
    if (waiting.records.length > 0) await adoptLog(dependencies, node)
  }
}

/**
 * Completes the log of a node whose process has ended: saves its head, and appends what waits in its outbox. Returns
 * false when another process has the log.
 *
 * @throws AuditDamaged, AuditUnavailable, StoreFailure.
 */
export async function adoptLog(dependencies: JournalDependencies, node: string): Promise<boolean> {
  const folder = join(dependencies.folder, node)
  const lock = await dependencies.claimLock(join(folder, 'lock'))
  if (lock === undefined) return false
  try {
    const { auditLog } = await openSlot(dependencies, { node, folder, lock })
    await auditLog.close()
    return true
  } finally {
    lock.release()
  }
}

async function readHead(records: Records, node: string): Promise<AuditHead | undefined> {
  const record = await records.get(AUDIT_HEAD, AUDIT_HEAD_PARTITION, node)
  return record && decodeHead(record.value)
}

async function writeHead(records: Records, node: string, head: AuditHead): Promise<void> {
  const present = await records.get(AUDIT_HEAD, AUDIT_HEAD_PARTITION, node)
  // A process that was paused must not put back the head of whoever has taken over its log.
  if (present !== undefined && decodeHead(present.value).sequence >= head.sequence) return
  const value = encodeHead(head)
  await records.commit([
    present === undefined ? insert(AUDIT_HEAD, AUDIT_HEAD_PARTITION, node, value) : replace(present, value),
  ])
}

/** The saved heads of all nodes in order, also of those whose folder is gone. */
export async function readHeads(records: Records): Promise<ReadonlyMap<string, AuditHead>> {
  const page = await records.list(AUDIT_HEAD, { partition: AUDIT_HEAD_PARTITION, limit: LIST_MAX_RECORDS })
  const inOrder = page.records.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  return new Map(inOrder.map(({ name, value }) => [name, decodeHead(value)]))
}
