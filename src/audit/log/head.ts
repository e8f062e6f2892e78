import { parseBase64, toBase64 } from '../../base/bytes.ts'
import type { Log } from '../../base/log.ts'
import type { Clock, Timer, Timers } from '../../base/ports.ts'
import { IntegrityError, type Kind } from '../../store/records.ts'
import type { ChainPoint } from './chain.ts'

/** How far the chain of a node is known to go: its last sequence number, MAC and segment. */
export type AuditHead = ChainPoint & {
  /** The first sequence number of the segment. */
  readonly segment: number
}

/** The record's value. */
export type AuditHeadValue = {
  readonly format: 1
  readonly sequence: number
  readonly mac: string
  readonly segment: number
}

/** The record that holds a head: partition {@link AUDIT_HEAD_PARTITION}, name the node. */
export const AUDIT_HEAD: Kind<AuditHeadValue> = { name: 'audit-head', parse: parseValue }
/** The one partition of heads; a head's name is its node. */
export const AUDIT_HEAD_PARTITION = 'audit'

/** The value of a head's record. */
export function encodeHead({ sequence, mac, segment }: AuditHead): AuditHeadValue {
  return { format: 1, sequence, mac: toBase64(mac), segment }
}

/** The head in a record. */
export function decodeHead({ sequence, mac, segment }: AuditHeadValue): AuditHead {
  return { sequence, mac: parseBase64(mac) ?? new Uint8Array(0), segment }
}

function parseValue(value: unknown): AuditHeadValue {
  if (typeof value === 'object' && value !== null && 'format' in value && value.format === 1)
    return value as AuditHeadValue
  throw new IntegrityError('an audit-head record has a format that this release does not know')
}

/** The shortest time between two saved heads, except for new segments. */
export const HEAD_INTERVAL_MS = 1000

type HeadDependencies = {
  readonly saveHead: (head: AuditHead) => Promise<void>
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

/** Saves the newest head from time to time; tries again when it cannot. */
export class HeadKeeper {
  readonly #dependencies: HeadDependencies
  #unsaved: AuditHead | undefined
  #segment: number | undefined
  #savedAtMs = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  #saving: Promise<void> | undefined

  constructor(dependencies: HeadDependencies) {
    this.#dependencies = dependencies
  }

  /** Takes the head of a batch that has become durable. */
  note(head: AuditHead): void {
    const begun = this.#segment !== undefined && this.#segment !== head.segment
    this.#segment = head.segment
    this.#unsaved = head
    if (this.#saving !== undefined) return
    if (begun) this.#start()
    else this.#arm()
  }

  /** Saves the last head; afterwards nothing may be noted. @throws what `saveHead` throws. */
  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#saving
    this.#timer?.cancel()
    if (this.#unsaved !== undefined) await this.#dependencies.saveHead(this.#unsaved)
    this.#unsaved = undefined
  }

  #arm(): void {
    if (this.#timer !== undefined) return
    const sinceMs = this.#dependencies.clock.monotonicMs() - this.#savedAtMs
    const delayMs = Math.max(0, Math.ceil(HEAD_INTERVAL_MS - sinceMs))
    this.#timer = this.#dependencies.timers.after(delayMs, () => this.#start())
  }

  #start(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#saving = this.#save().then(() => {
      this.#saving = undefined
      if (this.#unsaved !== undefined) this.#arm()
    })
  }

  async #save(): Promise<void> {
    const head = this.#unsaved
    this.#unsaved = undefined
    this.#savedAtMs = this.#dependencies.clock.monotonicMs()
    try {
      if (head !== undefined) await this.#dependencies.saveHead(head)
    } catch (error) {
      this.#unsaved ??= head
      this.#dependencies.log.warn('the head of the audit log could not be saved', { reason: String(error) })
    }
  }
}
