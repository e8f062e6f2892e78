import { deepFrozen } from './cache-entry.ts'
import type { Stored, Summary, SummaryKind } from './records.ts'
import { Ring, type RingEntry } from './ring.ts'

/** Summaries that the cache holds at most: those of all of 100,000 keys. */
const SUMMARIES_LIMITS: SummariesLimits = { count: 200_000, bytes: 41_943_040 }

/** A bound on the cached summaries. */
type SummariesLimits = { readonly count: number; readonly bytes: number }

type Entry = RingEntry & {
  readonly kind: object
  readonly version: number
  readonly summary: Summary<object>
}

type Versioned = { readonly version: number; readonly record: Summary<object> }

/** Bytes of an entry beside its texts. Measured: 330 bytes in all for a key with an id and a number. */
const ENTRY_BYTES = 240

/** Summaries of records, by place and version. The cache drops a changed record here too. */
export class Summaries {
  readonly #entries: Ring<Entry>

  constructor({ count, bytes }: SummariesLimits = SUMMARIES_LIMITS) {
    this.#entries = new Ring(count, bytes)
  }

  /** @param version of the record in the store now, if it was read. */
  find<V extends object, L extends object>(
    kind: SummaryKind<V, L>,
    key: string,
    version?: number,
  ): Summary<L> | undefined {
    const entry = this.#entries.find(key)
    if (entry?.kind !== kind || (version !== undefined && version !== entry.version)) return undefined
    return parseSummary(kind, entry.summary)
  }

  put(kind: object, key: string, { version, record: summary }: Versioned): void {
    this.drop(key)
    const sizeBytes = ENTRY_BYTES + summary.name.length + memberBytes(summary.summary)
    this.#entries.add({ key, kind, version, summary, sizeBytes, used: false })
    let over = this.#entries.takeOver()
    while (over !== undefined) over = this.#entries.takeOver()
  }

  drop(key: string): void {
    this.#entries.take(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}

const MEMBER_BYTES = 16

/** What the members of a summary take, in bytes. */
function memberBytes(value: object): number {
  let bytes = 0
  for (const member of Object.values(value)) {
    bytes += MEMBER_BYTES
    if (typeof member === 'string') bytes += member.length
    else if (typeof member === 'object' && member !== null) bytes += memberBytes(member)
  }
  return bytes
}

/** A summary that was put for this kind, and so came from its `of`. */
function parseSummary<V extends object, L extends object>(
  _kind: SummaryKind<V, L>,
  summary: Summary<object>,
): Summary<L> {
  return summary as Summary<L>
}

/** The summary of a record. */
export function summaryOf<V extends object, L extends object>(
  summary: SummaryKind<V, L>,
  { name, value }: Stored<V>,
): Summary<L> {
  return summaryRecord(summary, name, value)
}

/** The same from its name and its value. */
export function summaryRecord<V extends object, L extends object>(
  summary: SummaryKind<V, L>,
  name: string,
  value: V,
): Summary<L> {
  return Object.freeze({ name, summary: deepFrozen(summary.of(value)) })
}
