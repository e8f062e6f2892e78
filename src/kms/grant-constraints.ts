import type { ContextLookup, ContextValue } from '../policy/context.ts'
import type { GrantConstraints, GrantOperation, GrantTerms, Pairs } from './grant-record.ts'

/**
 * Operations that an encryption context says nothing about. CreateGrant is held to it in another way:
 * see {@link isWithin}.
 */
const WITHOUT_CONTEXT: ReadonlySet<GrantOperation> = new Set(['CreateGrant', 'DescribeKey', 'RetireGrant'])

/**
 * Whether the constraints of a grant hold for a call of an operation that it lists. Names of an encryption
 * context are compared without regard to case, values as they are.
 *
 * Source: AWS KMS API Reference, "GrantConstraints".
 *
 * @param context the condition keys of the call, which tell its encryption context.
 */
export function constraintsHold(
  { equals, subset, sourceArn }: GrantConstraints,
  operation: GrantOperation,
  context: ContextLookup,
): boolean {
  if (sourceArn !== undefined && operation !== 'RetireGrant' && context('aws:sourcearn') !== sourceArn) {
    return false
  }
  if (WITHOUT_CONTEXT.has(operation) || (equals === undefined && subset === undefined)) return true
  const given = pairsOf(context)
  if (equals !== undefined && !areSame(equals, given)) return false
  return subset === undefined || includesAll(given, subset)
}

/**
 * Whether a grant gives no more than another, its parent: only operations that the parent lists, under
 * constraints that are equal or stricter.
 *
 * Source: AWS KMS Developer Guide, "Creating grants", "Granting CreateGrant permission".
 */
export function isWithin(child: Pick<GrantTerms, 'operations' | 'constraints'>, parent: GrantTerms): boolean {
  if (!child.operations.every((operation) => parent.operations.includes(operation))) return false
  const { equals, subset, sourceArn } = child.constraints
  const bounds = parent.constraints
  if (bounds.sourceArn !== undefined && sourceArn !== bounds.sourceArn) return false
  if (bounds.equals !== undefined && (equals === undefined || !areSame(bounds.equals, equals))) return false
  return bounds.subset === undefined || includesAll([...(equals ?? []), ...(subset ?? [])], bounds.subset)
}

function areSame(wanted: Pairs, given: Pairs): boolean {
  return wanted.length === given.length && includesAll(given, wanted) && includesAll(wanted, given)
}

function includesAll(given: Pairs, wanted: Pairs): boolean {
  const texts = new Set(given.map(comparable))
  return wanted.every((pair) => texts.has(comparable(pair)))
}

function comparable([name, value]: Pairs[number]): string {
  return JSON.stringify([name.toLowerCase(), value])
}

/** The encryption context that condition keys tell, its names in lower case. */
function pairsOf(context: ContextLookup): Pairs {
  const names = new Set(listOf(context('kms:encryptioncontextkeys')).map((name) => name.toLowerCase()))
  return [...names].flatMap((name) =>
    listOf(context(`kms:encryptioncontext:${name}`)).map((value) => [name, value] as const),
  )
}

function listOf(value: ContextValue | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
