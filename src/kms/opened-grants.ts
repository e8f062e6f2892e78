import type { MatchedGrant } from '../policy/decide.ts'
import type { Records, Stored } from '../store/records.ts'
import { type ConstraintTest, constraintTest } from './grant-constraints.ts'
import { partyName } from './grant-party.ts'
import { GRANT, type GranteeChunkValue, type GrantOperation, type GrantValue } from './grant-record.ts'

/** A grant that is ready to be asked. */
type OpenedGrant = {
  readonly value: GrantValue
  readonly holds: ConstraintTest
  readonly asMatched: MatchedGrant
}

/** Grants of one grantee, by the operations that they list. */
type GrantsByOperation = ReadonlyMap<GrantOperation, readonly OpenedGrant[]>

/** Chunks whose grants are kept: with the largest number of grants on one key, all of them, and as many again. */
const MAX_CHUNKS = 200

type Opened = { value: GranteeChunkValue; readonly grants: GrantsByOperation }

/**
 * The grants of chunks that were asked for of late. A grant never changes and an id is never used twice, so
 * grants are true for as long as their chunk has the same ids: they stay here when memory gives up the chunk.
 */
export class OpenedGrants {
  readonly #chunks = new Map<string, Opened>()

  /** The grants of a chunk, as it is now. */
  get(records: Records, chunk: Stored<GranteeChunkValue>): GrantsByOperation | Promise<GrantsByOperation> {
    const place = `${chunk.partition}/${chunk.name}`
    const known = this.#chunks.get(place)
    if (known === undefined || !hasSameIds(known.value, chunk.value)) return this.#open(records, chunk, place)
    known.value = chunk.value
    return known.grants
  }

  async #open(records: Records, chunk: Stored<GranteeChunkValue>, place: string): Promise<GrantsByOperation> {
    const grants = await openChunk(records, chunk)
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

async function openChunk(records: Records, chunk: Stored<GranteeChunkValue>): Promise<GrantsByOperation> {
  const byOperation = new Map<GrantOperation, OpenedGrant[]>()
  for (const grantId of chunk.value.grantIds) {
    const record =
      records.peek(GRANT, chunk.partition, grantId) ?? (await records.get(GRANT, chunk.partition, grantId))
    // Revoked since the chunk was read.
    if (record === undefined) continue
    const { value } = record
    const asMatched = matchedAs(grantId, value, partyName(value.grantee))
    const grant: OpenedGrant = { value, holds: constraintTest(value.constraints), asMatched }
    for (const operation of value.operations) {
      const listed = byOperation.get(operation)
      if (listed === undefined) byOperation.set(operation, [grant])
      else listed.push(grant)
    }
  }
  return byOperation
}

/** A grant as policies see it, for one whom it lets do something. */
export function matchedAs(id: string, { issuingAccount }: GrantValue, grantee: string): MatchedGrant {
  return { id, grantee, issuingAccount }
}
