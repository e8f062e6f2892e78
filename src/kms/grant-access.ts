import type { Call, Permission } from '../dispatch/operation.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { MatchedGrant } from '../policy/decide.ts'
import { identitiesOf } from '../policy/principal.ts'
import type { Records, Stored } from '../store/records.ts'
import { constraintsHold } from './grant-constraints.ts'
import { partyName } from './grant-party.ts'
import {
  GRANT,
  type GranteeChunkValue,
  type GrantOperation,
  type GrantValue,
  grantPartition,
  isGrantOperation,
} from './grant-record.ts'
import { granteeChunks } from './grantee-index.ts'
import type { Key } from './keys.ts'
import type { KmsParts } from './parts.ts'

/** One thing that a caller wants to do to a key, as grants are asked about it. */
export type GrantQuestion = {
  readonly call: Call
  readonly parts: KmsParts
  readonly key: Key
  /** The name of the permission, without prefix. */
  readonly name: string
  /** Condition keys of the call: grants are held to its encryption context and source. */
  readonly context: ContextLookup
  /** What a grant has to say beside listing the operation. */
  readonly covers?: ((grant: GrantValue) => boolean) | undefined
}

/**
 * What finds the caller's grants that cover a permission, once policies do not allow it; nothing where no grant
 * can: so most calls never ask.
 */
export function grantsFor({ name, ...question }: GrantQuestion): Permission['grants'] {
  const { grants = 0 } = question.key.record.value
  if (grants === 0 || !isGrantOperation(name)) return undefined
  return () => matchingGrants(question, name)
}

async function matchingGrants(
  { call, parts, key, context, covers }: Omit<GrantQuestion, 'name'>,
  operation: GrantOperation,
): Promise<readonly MatchedGrant[]> {
  const lookup: ContextLookup = (name) => context(name) ?? call.context(name)
  const partition = grantPartition(key)
  const matched: MatchedGrant[] = []
  for (const grantee of identitiesOf(call.caller.principal).flat()) {
    for (const chunk of await granteeChunks(parts.records, { partition, grantee })) {
      const known = GRANTS.get(chunk.value) ?? (await openChunk(parts.records, chunk))
      for (const { value, asMatched } of known.get(operation) ?? []) {
        const holds = constraintsHold(value.constraints, operation, lookup) && (covers?.(value) ?? true)
        if (holds) matched.push(asMatched)
      }
    }
  }
  return matched
}

type Grant = { readonly value: GrantValue; readonly asMatched: MatchedGrant }
type GrantsByOperation = ReadonlyMap<GrantOperation, readonly Grant[]>

/** The grants of a chunk. They never change, and a chunk changes with each that comes or goes: so these stay true. */
const GRANTS = new WeakMap<GranteeChunkValue, GrantsByOperation>()

async function openChunk(records: Records, chunk: Stored<GranteeChunkValue>): Promise<GrantsByOperation> {
  const byOperation = new Map<GrantOperation, Grant[]>()
  for (const grantId of chunk.value.grantIds) {
    const record = await records.get(GRANT, chunk.partition, grantId)
    // Revoked since the chunk was read.
    if (record === undefined) continue
    const { value } = record
    const grant: Grant = { value, asMatched: matchedAs(grantId, value, partyName(value.grantee)) }
    for (const operation of value.operations) {
      const listed = byOperation.get(operation)
      if (listed === undefined) byOperation.set(operation, [grant])
      else listed.push(grant)
    }
  }
  GRANTS.set(chunk.value, byOperation)
  return byOperation
}

/** A grant as policies see it, for one whom it lets do something. */
export function matchedAs(id: string, { issuingAccount }: GrantValue, grantee: string): MatchedGrant {
  return { id, grantee, issuingAccount }
}
