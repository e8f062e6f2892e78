import type { Random } from '../../base/ports.ts'
import type { Quotas } from '../../quotas/quota-service.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { type Change, insert, type Kind, type Records, replace, type Stored } from '../../store/records.ts'
import { checkQuota } from '../kms-quota.ts'
import { partitionOf } from './key-record.ts'

/**
 * A part of how many customer managed keys an account has in a region: the sum of all parts. Partition:
 * `<account>/<region>`; name: the number of the part. A part counts whatever was noted in it and may be below zero.
 */
type KeyCountValue = { readonly format: 1; readonly count: number }

const KEY_COUNT: Kind<KeyCountValue> = kindOfFormat1('key-count')

/** Parts of a count: so many keys can be made at once without one commit overtaking another's count. */
const PARTS = 64
const PART_NAMES: readonly string[] = Array.from({ length: PARTS }, (_, part) => String(part))

/** The dependencies of counting keys. */
type CountDependencies = {
  readonly records: Records
  readonly quotas: Pick<Quotas, 'exceeded' | 'limit'>
}

/** The account and region of a count. */
type CountPlace = { readonly account: string; readonly region: string }

/** Counts keys. Each process uses the parts in turn, so its own commits rarely change the same one. */
export class KeyCounter {
  #next: number

  constructor(random: Random) {
    this.#next = random.bytes(1)[0] ?? 0
  }

  /** Checks that there may be one more key, before it is made. @throws as {@link add}, which checks again. */
  async check({ records, quotas }: CountDependencies, place: CountPlace): Promise<void> {
    await checkQuota(quotas, { ...place, quota: 'kms.keys' }, await countKeys(records, place))
  }

  /**
   * Counts one more key. @throws LimitExceededException when the account has as many as it may.
   *
   * Calls that read the same count can make as many keys at once as there are parts. If that could exceed the
   * quota, a commit changes every part, so that two commits from the same count cannot both succeed.
   */
  async add(dependencies: CountDependencies, place: CountPlace): Promise<readonly Change[]> {
    const counts = await readCounts(dependencies.records, place)
    const present = sumOf(counts)
    await checkQuota(dependencies.quotas, { ...place, quota: 'kms.keys' }, present)
    const room = (await dependencies.quotas.limit(place.account, 'kms.keys')) - present
    if (room >= PARTS) return [await this.#change(dependencies.records, place, 1)]
    return counts.map((stored, part) => changed(stored, place, { part, by: part === 0 ? 1 : 0 }))
  }

  /** Counts one fewer key. */
  remove(records: Records, place: CountPlace): Promise<Change> {
    return this.#change(records, place, -1)
  }

  async #change(records: Records, place: CountPlace, by: 1 | -1): Promise<Change> {
    const part = this.#next % PARTS
    this.#next += 1
    const present = await records.get(KEY_COUNT, partitionOf(place.account, place.region), String(part))
    return changed(present, place, { part, by })
  }
}

type Step = { readonly part: number; readonly by: -1 | 0 | 1 }

function changed(
  present: Stored<KeyCountValue> | undefined,
  { account, region }: CountPlace,
  { part, by }: Step,
): Change {
  if (present !== undefined) return replace(present, { format: 1, count: present.value.count + by })
  return insert(KEY_COUNT, partitionOf(account, region), String(part), { format: 1, count: by })
}

/** Every part of a count; nothing for a part without a key so far. */
async function readCounts(
  records: Records,
  { account, region }: CountPlace,
): Promise<readonly (Stored<KeyCountValue> | undefined)[]> {
  const partition = partitionOf(account, region)
  const counts: (Stored<KeyCountValue> | undefined)[] = []
  for (const name of PART_NAMES) {
    counts.push(records.peek(KEY_COUNT, partition, name) ?? (await records.get(KEY_COUNT, partition, name)))
  }
  return counts
}

/** The number of customer managed keys of an account in a region, in any state. */
export async function countKeys(records: Records, place: CountPlace): Promise<number> {
  return sumOf(await readCounts(records, place))
}

function sumOf(counts: readonly (Stored<KeyCountValue> | undefined)[]): number {
  return counts.reduce((sum, stored) => sum + (stored?.value.count ?? 0), 0)
}
