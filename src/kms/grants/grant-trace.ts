import { parseArn } from '../../api/arn.ts'
import { type GiveWay, inSlices } from '../../base/slices.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { ContextLookup, ContextValue } from '../../policy/context.ts'
import type { MatchedGrant } from '../../policy/decide.ts'
import { identitiesOf } from '../../policy/principal.ts'
import type { RightKey } from '../../policy/right-context.ts'
import type { Records, Stored } from '../../store/records.ts'
import { parseIdentifier } from '../keys/identifier.ts'
import { findKey } from '../keys/keys.ts'
import { constraintTest, type GivenContext, givenContextSteps } from './grant-constraints.ts'
import { partyName } from './grant-party.ts'
import {
  GRANT,
  type GrantConstraints,
  type GrantValue,
  grantPartition,
  isGrantOperation,
} from './grant-record.ts'
import { granteeChunks } from './grantee-index.ts'
import { matchedAs } from './opened-grants.ts'

/** A grant for a caller, and why it does not cover the action. */
export type GrantTrace = {
  readonly id: string
  readonly name: string | undefined
  /** Everything that does not match. If empty, the operations and constraints of the grant cover the call. */
  readonly misses: readonly GrantMiss[]
  /**
   * If only the encryption context keeps the grant from covering the call: the context that would. Nothing if more than
   * {@link TRACED_PAIRS_MAX} pairs had to be left out.
   */
  readonly needs?: { readonly keys: readonly RightKey[]; readonly grant: MatchedGrant } | undefined
}

/** A mismatch: what the grant has, and what the call has. */
type GrantMiss = {
  readonly element: 'Operations' | 'EncryptionContextEquals' | 'EncryptionContextSubset' | 'SourceArn'
  readonly wanted: readonly string[]
  readonly found: readonly string[]
}

/** The call to trace grants for. */
export type GrantTraceQuestion = {
  readonly records: Records
  readonly call: Pick<Call, 'caller' | 'now'>
  /** The ARN of the key. */
  readonly keyArn: string
  /** `kms:Decrypt` and the like. */
  readonly action: string
  readonly context: ContextLookup
  readonly giveWay: GiveWay
}

/** The most grants to trace; further ones are left out. */
const GRANT_TRACES_MAX = 1000
/**
 * The most pairs of a call's encryption context in a trace. Each of many grants shows them, and a context has up to
 * thousands.
 */
export const TRACED_PAIRS_MAX = 100

/** The grants on a key for a caller, whether they cover a call, and if not, why. */
export async function traceGrants(question: GrantTraceQuestion): Promise<readonly GrantTrace[]> {
  const { records, call, keyArn, context, giveWay } = question
  const { caller, now } = call
  // A replica is looked up in its own region.
  const region = parseArn(keyArn)?.region ?? ''
  const key = await findKey({ records, region, now }, parseIdentifier(keyArn, caller.account, region))
  if (key === undefined) return []
  const partition = grantPartition(key)
  const given = await inSlices(givenContextSteps(context), giveWay)
  const pairs = shownPairs(context)
  const traces: GrantTrace[] = []
  for (const grantee of identitiesOf(caller.principal).flat()) {
    for (const chunk of await granteeChunks(records, { partition, grantee })) {
      for (const id of chunk.value.grantIds.slice(0, GRANT_TRACES_MAX - traces.length)) {
        await giveWay()
        const grant = await records.get(GRANT, partition, id)
        if (grant !== undefined) {
          const misses = missesOf(grant.value, question, { given, pairs })
          traces.push({ id, name: grant.value.name, misses, needs: needsOf(grant, misses, question.context) })
        }
      }
    }
  }
  return traces
}

/** The encryption context of a call: to compare, and as it is shown. */
type Shown = { readonly given: GivenContext; readonly pairs: readonly string[] }

function missesOf(
  { operations, constraints }: GrantValue,
  question: GrantTraceQuestion,
  { given, pairs }: Shown,
): GrantMiss[] {
  const { action, context } = question
  const operation = action.slice('kms:'.length)
  if (!isGrantOperation(operation) || !operations.includes(operation)) {
    return [{ element: 'Operations', wanted: operations, found: [operation] }]
  }
  const fails = (part: GrantConstraints): boolean => !constraintTest(part)(operation, given)
  const { equals, subset, sourceArn } = constraints
  const misses: GrantMiss[] = []
  if (equals !== undefined && fails({ equals })) {
    misses.push({ element: 'EncryptionContextEquals', wanted: equals.map(formatPair), found: pairs })
  }
  if (subset !== undefined && fails({ subset })) {
    misses.push({ element: 'EncryptionContextSubset', wanted: subset.map(formatPair), found: pairs })
  }
  if (sourceArn !== undefined && fails({ sourceArn })) {
    misses.push({ element: 'SourceArn', wanted: [sourceArn], found: listOf(context('aws:sourcearn')) })
  }
  return misses
}

function needsOf(
  { name: id, value }: Stored<GrantValue>,
  misses: readonly GrantMiss[],
  context: ContextLookup,
): GrantTrace['needs'] {
  const byContext = misses.every(({ element }) => element.startsWith('EncryptionContext'))
  if (misses.length === 0 || !byContext) return undefined
  const { equals, subset } = value.constraints
  const pairs = [...(equals ?? []), ...(subset ?? [])]
  const named = new Set(pairs.map(([name]) => name.toLowerCase()))
  const present = equals === undefined ? [] : listOf(context('kms:encryptioncontextkeys'))
  const others = present.filter((name) => !named.has(name.toLowerCase()))
  if (others.length > TRACED_PAIRS_MAX) return undefined
  const keys = [
    ...pairs.map(([name, text]) => rightPair(name, text)),
    ...others.map((name) => rightPair(name, undefined)),
  ]
  return { keys, grant: matchedAs(id, value, partyName(value.grantee)) }
}

function rightPair(name: string, text: string | undefined): RightKey {
  const asked = text === undefined ? [] : [{ operator: 'StringEquals', values: [text], holds: true }]
  return { key: `kms:EncryptionContext:${name}`, value: text, asked }
}

/** The pairs of a context; of a large one the first, and how many more there are. */
function shownPairs(context: ContextLookup): readonly string[] {
  const names = listOf(context('kms:encryptioncontextkeys'))
  const shown = names
    .slice(0, TRACED_PAIRS_MAX)
    .flatMap((name) =>
      listOf(context(`kms:encryptioncontext:${name.toLowerCase()}`)).map((value) =>
        formatPair([name, value]),
      ),
    )
  const left = names.length - TRACED_PAIRS_MAX
  return left > 0 ? [...shown, `… and ${left} more`] : shown
}

function formatPair([name, value]: readonly [string, string]): string {
  return `${name}=${value}`
}

function listOf(value: ContextValue | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
