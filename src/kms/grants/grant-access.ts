import { type GiveWay, inSlices } from '../../base/slices.ts'
import type { Call, Permission } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import type { MatchedGrant } from '../../policy/decide.ts'
import { identitiesOf } from '../../policy/principal.ts'
import type { Key } from '../keys/keys.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { givenContext, givenContextSteps } from './grant-constraints.ts'
import { type GrantOperation, type GrantValue, grantPartition, isGrantOperation } from './grant-record.ts'
import { granteeChunks } from './grantee-index.ts'
import type { OpenedGrant } from './opened-grants.ts'

/** An action of a caller on a key, as grants see it. */
export type GrantQuestion = {
  readonly call: Call
  readonly dependencies: KmsDependencies
  readonly key: Key
  /** The name of the permission, without prefix. */
  readonly name: string
  /** Condition keys of the call: grants constrain its encryption context and source. */
  readonly context: ContextLookup
  /** A check of the grant, beside that it lists the operation. */
  readonly covers?: ((grant: GrantValue) => boolean) | undefined
}

/**
 * Finds the caller's grants that cover a permission, when policies do not allow it. Nothing for a permission
 * that no grant can give, which is most of them.
 */
export function grantsFor({ name, ...question }: GrantQuestion): Permission['grants'] {
  const { grants = 0 } = question.key.record.value
  if (grants === 0 || !isGrantOperation(name)) return undefined
  return () => matchingGrants(question, name)
}

/** Pairs of an encryption context that take a while to compare with those of grants. */
const MANY_PAIRS = 256

async function matchingGrants(
  question: Omit<GrantQuestion, 'name'>,
  operation: GrantOperation,
): Promise<readonly MatchedGrant[]> {
  const { call, dependencies, key, context, covers = () => true } = question
  const keys: ContextLookup = (name) => context(name) ?? call.context(name)
  const isMany = (keys('kms:encryptioncontextkeys')?.length ?? 0) > MANY_PAIRS
  const given = isMany ? await inSlices(givenContextSteps(keys), dependencies.giveWay) : givenContext(keys)
  const partition = grantPartition(key)
  const matched: MatchedGrant[] = []
  for (const grantee of identitiesOf(call.caller.principal).flat()) {
    // Grants of the same account for the same are equal in a decision: the first stands for all.
    const firsts = new Map<string, MatchedGrant>()
    for (const chunk of await granteeChunks(dependencies.records, { partition, grantee })) {
      const found = dependencies.openedGrants.get(dependencies.records, chunk)
      const grants = found instanceof Promise ? await found : found
      const holding = ({ value, holds }: OpenedGrant) => holds(operation, given) && covers(value)
      await addFirsts(firsts, grants.get(operation)?.candidates(given) ?? [], holding, dependencies.giveWay)
    }
    matched.push(...firsts.values())
  }
  return matched
}

/** Adds, for each issuing account, the first grant that holds. */
async function addFirsts(
  firsts: Map<string, MatchedGrant>,
  candidates: readonly OpenedGrant[],
  holds: (grant: OpenedGrant) => boolean,
  giveWay: GiveWay,
): Promise<void> {
  for (const grant of candidates) {
    const { issuingAccount } = grant.value
    if (firsts.has(issuingAccount)) continue
    const wait = giveWay()
    if (wait !== undefined) await wait
    if (holds(grant)) firsts.set(issuingAccount, grant.asMatched)
  }
}
