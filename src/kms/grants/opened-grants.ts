import type { GiveWay } from '../../base/slices.ts'
import type { MatchedGrant } from '../../policy/decide.ts'
import type { Records, Stored } from '../../store/records.ts'
import { type ConstraintTest, constraintTest, type GivenContext, neededPair } from './grant-constraints.ts'
import { partyName } from './grant-party.ts'
import { GRANT, type GranteeChunkValue, type GrantOperation, type GrantValue } from './grant-record.ts'

/** A grant that is ready for decisions. */
export type OpenedGrant = {
  readonly value: GrantValue
  readonly holds: ConstraintTest
  readonly asMatched: MatchedGrant
}

/** Grants of one grantee, by the operations that they list. */
type GrantsByOperation = ReadonlyMap<GrantOperation, ListedGrants>

/** Grants that list one operation. */
export class ListedGrants {
  /** In the order of their chunk. */
  readonly all: OpenedGrant[] = []
  /** The position of each in that order, by the pair of an encryption context that it needs. */
  readonly #byPair = new Map<string | undefined, number[]>()

  add(operation: GrantOperation, grant: OpenedGrant): void {
    const pair = neededPair(operation, grant.value.constraints)
    const places = this.#byPair.get(pair)
    if (places === undefined) this.#byPair.set(pair, [this.all.length])
    else places.push(this.all.length)
    this.all.push(grant)
  }

  /** The grants that may hold for a call with these pairs, in order: all others need a pair that it lacks. */
  candidates({ pairs }: Pick<GivenContext, 'pairs'>): readonly OpenedGrant[] {
    const places = [...(this.#byPair.get(undefined) ?? [])]
    for (const pair of pairs) places.push(...(this.#byPair.get(pair) ?? []))
    return places.sort((one, other) => one - other).flatMap((at) => this.all[at] ?? [])
  }
}

/** Cached chunks: enough for the largest number of grants on one key, twice. */
const MAX_CHUNKS = 200

type Opened = { value: GranteeChunkValue; readonly grants: GrantsByOperation }

type Opening = { readonly value: GranteeChunkValue; readonly grants: Promise<GrantsByOperation> }

/**
 * A cache of the grants in recently used chunks. A grant never changes and no id is used twice, so grants are
 * valid as long as their chunk has the same ids: they stay here when the record cache removes the chunk.
 */
export class OpenedGrants {
  readonly #giveWay: GiveWay
  readonly #chunks = new Map<string, Opened>()
  /** Chunks that are being opened: calls meanwhile wait for the same result. */
  readonly #opening = new Map<string, Opening>()

  constructor(giveWay: GiveWay) {
    this.#giveWay = giveWay
  }

  /** The grants of a chunk, as it is now. */
  get(records: Records, chunk: Stored<GranteeChunkValue>): GrantsByOperation | Promise<GrantsByOperation> {
    const place = `${chunk.partition}/${chunk.name}`
    const known = this.#chunks.get(place)
    if (known !== undefined && hasSameIds(known.value, chunk.value)) {
      known.value = chunk.value
      return known.grants
    }
    const opening = this.#opening.get(place)
    if (opening?.value === chunk.value) return opening.grants
    const started: Opening = { value: chunk.value, grants: this.#open(records, chunk, place) }
    this.#opening.set(place, started)
    return started.grants.finally(() => {
      if (this.#opening.get(place) === started) this.#opening.delete(place)
    })
  }

  async #open(records: Records, chunk: Stored<GranteeChunkValue>, place: string): Promise<GrantsByOperation> {
    const grants = await openChunk(records, chunk, this.#giveWay)
    this.#chunks.delete(place)
    this.#chunks.set(place, { value: chunk.value, grants })
    const oldest = this.#chunks.keys().next().value
    if (this.#chunks.size > MAX_CHUNKS && oldest !== undefined) this.#chunks.delete(oldest)
    return grants
  }
}

function hasSameIds(one: GranteeChunkValue, other: GranteeChunkValue): boolean {
  if (one === other) return true
  const { grantIds } = other
  return one.grantIds.length === grantIds.length && one.grantIds.every((id, at) => id === grantIds[at])
}

async function openChunk(
  records: Records,
  chunk: Stored<GranteeChunkValue>,
  giveWay: GiveWay,
): Promise<GrantsByOperation> {
  const byOperation = new Map<GrantOperation, ListedGrants>()
  for (const grantId of chunk.value.grantIds) {
    const wait = giveWay()
    if (wait !== undefined) await wait
    const record =
      records.peek(GRANT, chunk.partition, grantId) ?? (await records.get(GRANT, chunk.partition, grantId))
    // Revoked since the chunk was read.
    if (record === undefined) continue
    const grant = openedOf(grantId, record.value)
    for (const operation of record.value.operations) {
      const listed = byOperation.get(operation) ?? new ListedGrants()
      byOperation.set(operation, listed)
      listed.add(operation, grant)
    }
  }
  return byOperation
}

/** By the record's value, so that a changed chunk reopens only its new grants. */
const OPENED = new WeakMap<GrantValue, OpenedGrant>()

function openedOf(id: string, value: GrantValue): OpenedGrant {
  const known = OPENED.get(value)
  if (known !== undefined) return known
  const asMatched = matchedAs(id, value, partyName(value.grantee))
  const opened: OpenedGrant = { value, holds: constraintTest(value.constraints), asMatched }
  OPENED.set(value, opened)
  return opened
}

/** A grant in the form that policies use, for a principal that it names. */
export function matchedAs(id: string, { issuingAccount }: GrantValue, grantee: string): MatchedGrant {
  return { id, grantee, issuingAccount }
}
