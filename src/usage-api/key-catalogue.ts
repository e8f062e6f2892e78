import { KmsError } from '../api/errors.ts'
import type { IndexAnswer } from '../audit-index/index-service.ts'
import type { EpochMs } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import { partitionOf } from '../kms/keys/key-record.ts'
import { KEY_SUMMARY, type KeySummary } from '../kms/keys/key-summary.ts'
import type { LastUseRow, LastUsesQuestion } from '../store/index-port.ts'
import {
  MIRROR_MAX_RECORDS,
  type Mirror,
  type Records,
  type Summary,
  TooManyRecords,
} from '../store/records.ts'

/** The accounts and regions whose keys stay in memory. */
const PARTITIONS_MAX = 8
/** Events of another node can reach the index this much later than younger ones. */
const LATE_SECONDS = 3600

/** The dependencies of {@link KeyCatalogue}. */
export type CatalogueDependencies = {
  readonly records: Pick<Records, 'mirror'>
  readonly lastUses: (
    question: LastUsesQuestion,
    reach: boolean,
  ) => Promise<IndexAnswer<readonly LastUseRow[]>>
  readonly giveWay: GiveWay
}

/** All keys of an account in a region. Both maps change with the next call. */
export type Catalogue = {
  readonly keys: ReadonlyMap<string, Summary<KeySummary>>
  /** When keys were last used, by key ID. */
  readonly lastUses: ReadonlyMap<string, EpochMs>
  /** Whether the last uses include everything recorded before the call. */
  readonly current: boolean
}

type Entry = {
  readonly mirror: Mirror<KeySummary>
  readonly lastUses: Map<string, EpochMs>
  /** The second of the latest use. */
  latest: number
  keys: number
}

/**
 * The keys of the accounts and regions that were searched lately, in memory, so that a search reads only what
 * has changed since the one before. The least recently searched are dropped.
 */
export class KeyCatalogue {
  readonly #dependencies: CatalogueDependencies
  /** By partition, the most recently searched last. */
  readonly #entries = new Map<string, Entry>()

  constructor(dependencies: CatalogueDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * @param reach whether to wait a little until the last uses include everything recorded before the call.
   * @throws LimitExceededException for too many keys; StoreFailure.
   */
  async read(account: string, region: string, reach: boolean): Promise<Catalogue> {
    const partition = partitionOf(account, region)
    const entry = this.#entryOf(partition)
    const keys = await this.#keysOf(partition, entry)
    const current = await this.#readLastUses(entry, { account, region }, reach)
    this.#dropOldest()
    return { keys, lastUses: entry.lastUses, current }
  }

  #entryOf(partition: string): Entry {
    const known = this.#entries.get(partition)
    this.#entries.delete(partition)
    const mirror = (): Mirror<KeySummary> => this.#dependencies.records.mirror(KEY_SUMMARY, partition)
    const entry = known ?? { mirror: mirror(), lastUses: new Map(), latest: 0, keys: 0 }
    this.#entries.set(partition, entry)
    return entry
  }

  async #keysOf(partition: string, entry: Entry): Promise<Catalogue['keys']> {
    try {
      const keys = await entry.mirror.read()
      entry.keys = keys.size
      return keys
    } catch (cause) {
      if (!(cause instanceof TooManyRecords)) throw cause
      this.#drop(partition, entry)
      const message = `The account has more than ${MIRROR_MAX_RECORDS} keys in the region: use ListKeys.`
      throw new KmsError('LimitExceededException', message, { cause })
    }
  }

  async #readLastUses(
    entry: Entry,
    scope: Omit<LastUsesQuestion, 'fromSecond'>,
    reach: boolean,
  ): Promise<boolean> {
    const { lastUses, giveWay } = this.#dependencies
    const fromSecond = Math.max(0, entry.latest - LATE_SECONDS)
    const { value: rows, current } = await lastUses({ ...scope, fromSecond }, reach)
    for (const { key, second } of rows) {
      const wait = giveWay()
      if (wait !== undefined) await wait
      entry.lastUses.set(key.slice(key.lastIndexOf('/') + 1), second * 1000)
      entry.latest = Math.max(entry.latest, second)
    }
    return current
  }

  #dropOldest(): void {
    let keys = 0
    for (const entry of this.#entries.values()) keys += entry.keys
    for (const [partition, entry] of this.#entries) {
      const isLast = this.#entries.size === 1
      if (isLast || (this.#entries.size <= PARTITIONS_MAX && keys <= MIRROR_MAX_RECORDS)) return
      this.#drop(partition, entry)
      keys -= entry.keys
    }
  }

  #drop(partition: string, entry: Entry): void {
    entry.mirror.close()
    if (this.#entries.get(partition) === entry) this.#entries.delete(partition)
  }
}
