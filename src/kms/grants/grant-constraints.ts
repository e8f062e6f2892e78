import { atOnce, type Steps } from '../../base/slices.ts'
import type { ContextLookup, ContextValue } from '../../policy/context.ts'
import type { GrantConstraints, GrantOperation, GrantTerms, Pairs } from './grant-record.ts'

/**
 * Operations to which encryption context constraints do not apply. CreateGrant is constrained in another way:
 * see {@link isWithin}.
 */
const WITHOUT_CONTEXT: ReadonlySet<GrantOperation> = new Set(['CreateGrant', 'DescribeKey', 'RetireGrant'])

/** The facts that constraints test: computed once for a call, for all its grants. */
export type GivenContext = {
  readonly sourceArn: ContextValue | undefined
  /** The pairs of the encryption context, as {@link comparable} texts. */
  readonly pairs: ReadonlySet<string>
  readonly count: number
}

/** The encryption context and source in the condition keys of a call. */
export function givenContext(context: ContextLookup): GivenContext {
  return atOnce(givenContextSteps(context))
}

/** Pairs of an encryption context that are compared at once. */
const PAIRS_AT_ONCE = 256

/** The same, some pairs at a time: a context may have thousands. */
export function* givenContextSteps(context: ContextLookup): Steps<GivenContext> {
  const names = new Set(listOf(context('kms:encryptioncontextkeys')).map((name) => name.toLowerCase()))
  const pairs = new Set<string>()
  let count = 0
  let left = PAIRS_AT_ONCE
  for (const name of names) {
    for (const value of listOf(context(`kms:encryptioncontext:${name}`))) {
      pairs.add(comparableOf(name, value))
      count += 1
    }
    left -= 1
    if (left > 0) continue
    left = PAIRS_AT_ONCE
    yield
  }
  return { sourceArn: context('aws:sourcearn'), pairs, count }
}

/** Whether the constraints of a grant hold for a call of an operation that it lists. */
export type ConstraintTest = (operation: GrantOperation, given: GivenContext) => boolean

/**
 * The test of a grant's constraints. Names of an encryption context are compared without regard to case, values
 * as they are.
 *
 * Source: AWS KMS API Reference, "GrantConstraints".
 */
export function constraintTest({ equals, subset, sourceArn }: GrantConstraints): ConstraintTest {
  const wantedEquals = equals && comparables(equals)
  const wantedSubset = subset && comparables(subset)
  return (operation, given) => {
    const fromSource = sourceArn === undefined || given.sourceArn === sourceArn
    if (!fromSource && operation !== 'RetireGrant') return false
    if (WITHOUT_CONTEXT.has(operation)) return true
    if (wantedEquals !== undefined) {
      const same = given.count === equals?.length && given.pairs.isSubsetOf(wantedEquals)
      if (!(same && wantedEquals.isSubsetOf(given.pairs))) return false
    }
    return wantedSubset === undefined || wantedSubset.isSubsetOf(given.pairs)
  }
}

/**
 * A pair that a call of the operation needs for the grant's constraints to hold, as a {@link comparable}
 * text; nothing where there is none.
 */
export function neededPair(
  operation: GrantOperation,
  { equals, subset }: GrantConstraints,
): string | undefined {
  const [first] = [...(equals ?? []), ...(subset ?? [])]
  return first === undefined || WITHOUT_CONTEXT.has(operation) ? undefined : comparable(first)
}

/**
 * Whether a grant gives no more than its parent: only operations that the parent lists, under equal or
 * stricter constraints.
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
  return comparables(wanted).isSubsetOf(comparables(given))
}

function comparables(pairs: Pairs): ReadonlySet<string> {
  return new Set(pairs.map(comparable))
}

function comparable([name, value]: Pairs[number]): string {
  return comparableOf(name.toLowerCase(), value)
}

function comparableOf(lowerName: string, value: string): string {
  return `${lowerName.length}:${lowerName}${value}`
}

function listOf(value: ContextValue | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
