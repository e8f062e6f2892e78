import { compareBytes } from '../base/bytes.ts'
import type { GiveWay } from '../base/slices.ts'
import { cacheKey } from './cache-entry.ts'
import type { RawKey, RawVersion } from './port.ts'
import { MIRROR_MAX_RECORDS, type Mirror, type Summary, TooManyRecords } from './records.ts'
import type { Opened, SealedPage } from './sealed.ts'

/** The partition that a mirror shows, and how it reads records. */
export type MirrorSource<S extends object> = {
  readonly kind: string
  /** The first bytes of the ids of the partition's records. */
  readonly prefix: Uint8Array
  readonly shard: number
  readonly page: (after: string | undefined) => Promise<SealedPage>
  readonly read: (row: RawKey) => Promise<Opened | undefined>
  readonly summaryOf: (opened: Opened) => Summary<S>
  readonly giveWay: GiveWay
  /** Called when the mirror is closed. */
  readonly closed: () => void
}

/**
 * Summaries of all records of a partition. The cache reports each record that changes; the next read of the
 * mirror reads those records alone.
 *
 * States: empty, before the first read and after the cache lost track of changes; filled.
 */
export class PartitionMirror<S extends object> implements Mirror<S> {
  readonly #source: MirrorSource<S>
  readonly #entries = new Map<string, Summary<S>>()
  #changed = new Map<string, RawKey>()
  #isFilled = false
  #reading: Promise<void> = Promise.resolve()

  constructor(source: MirrorSource<S>) {
    this.#source = source
  }

  /** Notes that a record may have changed. */
  note(shard: number, key: RawKey): void {
    const { shard: own, kind, prefix } = this.#source
    if (shard !== own || key.kind !== kind) return
    if (compareBytes(key.id.subarray(0, prefix.length), prefix) === 0) this.#changed.set(cacheKey(key), key)
  }

  /** Notes that any record may have changed. */
  noteAll(): void {
    this.#isFilled = false
  }

  async read(): Promise<ReadonlyMap<string, Summary<S>>> {
    const before = this.#reading
    const reading = before.catch(() => {}).then(() => this.#catchUp())
    this.#reading = reading
    await reading
    return this.#entries
  }

  close(): void {
    this.#source.closed()
  }

  async #catchUp(): Promise<void> {
    if (!this.#isFilled) await this.#fill()
    const changed = this.#changed
    this.#changed = new Map()
    try {
      for (const row of changed.values()) await this.#readOne(row)
    } catch (error) {
      for (const [key, row] of changed) this.#changed.set(key, row)
      throw error
    }
  }

  async #fill(): Promise<void> {
    // Set first: a loss of track during the reads empties the mirror again.
    this.#isFilled = true
    this.#entries.clear()
    this.#changed.clear()
    let after: string | undefined
    try {
      do {
        const { rows, next } = await this.#source.page(after)
        for (const row of rows) await this.#readOne(row)
        if (this.#entries.size > MIRROR_MAX_RECORDS) throw new TooManyRecords('the partition is too large')
        after = next
      } while (after !== undefined)
    } catch (error) {
      this.#isFilled = false
      this.#entries.clear()
      throw error
    }
  }

  async #readOne(row: RawKey | RawVersion): Promise<void> {
    const wait = this.#source.giveWay()
    if (wait !== undefined) await wait
    const opened = await this.#source.read(row)
    if (opened === undefined) this.#entries.delete(cacheKey(row))
    else this.#entries.set(cacheKey(row), this.#source.summaryOf(opened))
  }
}
