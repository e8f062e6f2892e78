import type { Random } from '../base/ports.ts'
import { kindOfFormat1 } from '../store/kind.ts'
import { type Change, insert, type Kind, type Records, replace } from '../store/records.ts'
import { partitionOf } from './key-record.ts'
import type { KmsParts } from './parts.ts'
import { checkQuota } from './quota.ts'

/**
 * A part of how many customer managed keys an account has in a region: the sum of all parts. Partition:
 * `<account>/<region>`; name: the number of the part. A part counts whatever was noted in it and may be below zero.
 */
type KeyCountValue = { readonly format: 1; readonly count: number }

const KEY_COUNT: Kind<KeyCountValue> = kindOfFormat1('key-count')

/** Parts of a count: so many keys can be made at once without one commit overtaking another's count. */
const PARTS = 64

/** Where keys are counted. */
type CountPlace = { readonly account: string; readonly region: string }

/** Counts keys. Each process takes the parts in turn, so its own commits rarely meet in one. */
export class KeyCounter {
  #next: number

  constructor(random: Random) {
    this.#next = random.bytes(1)[0] ?? 0
  }

  /** One more key. @throws LimitExceededException when the account has as many as it may. */
  async add(parts: Pick<KmsParts, 'records' | 'quotas'>, place: CountPlace): Promise<Change> {
    const present = await countKeys(parts.records, place)
    await checkQuota(parts.quotas, { ...place, quota: 'kms.keys' }, present)
    return this.#change(parts.records, place, 1)
  }

  /** One key less. */
  remove(records: Records, place: CountPlace): Promise<Change> {
    return this.#change(records, place, -1)
  }

  async #change(records: Records, { account, region }: CountPlace, by: 1 | -1): Promise<Change> {
    const name = String(this.#next % PARTS)
    this.#next += 1
    const partition = partitionOf(account, region)
    const present = await records.get(KEY_COUNT, partition, name)
    if (present === undefined) return insert(KEY_COUNT, partition, name, { format: 1, count: by })
    return replace(present, { format: 1, count: present.value.count + by })
  }
}

/** How many customer managed keys an account has in a region, whatever their state. */
export async function countKeys(records: Records, { account, region }: CountPlace): Promise<number> {
  const partition = partitionOf(account, region)
  let count = 0
  for (let part = 0; part < PARTS; part += 1) {
    const name = String(part)
    const stored = records.peek(KEY_COUNT, partition, name) ?? (await records.get(KEY_COUNT, partition, name))
    count += stored?.value.count ?? 0
  }
  return count
}
