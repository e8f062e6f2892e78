import { UNSIGNED_OPERATION_NAMES } from '../../src/api/operations.ts'
import type { ServiceName } from '../../src/api/services.ts'
import { askTrail } from '../../test/support/call-samples.ts'
import type { SampleInput } from '../../test/support/iam-samples.ts'
import type { CrowdedAccount } from './account.ts'
import { largestBlankBody, rubbishBody } from './bodies.ts'
import { bodyOf, type Sent } from './calls.ts'
import { expensiveInput } from './inputs.ts'
import { expensiveCalls } from './known-calls.ts'
import { CALLED_OPERATIONS, type CalledOperation } from './operations.ts'
import { ownSample } from './own-samples.ts'

/**
 * What a case asks: `legal` is answered with 200; the others are refused: for a body that is rubbish, for a signature
 * that is wrong, for policies that do not allow. `known` are further legal calls that were once found to be slow.
 */
type CaseKind = 'legal' | 'rubbish' | 'forged' | 'denied' | 'known'

/** A call that may be expensive for others. */
export type Case = {
  readonly service: ServiceName
  readonly operation: string
  readonly kind: CaseKind
  /** What tells it from others of the kind. */
  readonly what: string
  /** Makes what the next call names, and the call. */
  readonly prepare: (account: CrowdedAccount) => Promise<Sent>
  /** Takes away what the call has made, of which there can be only a few. */
  readonly after?: (account: CrowdedAccount, sent: Sent) => Promise<void>
}

/** Operations that need no permission, so that nobody is denied them. Source: the API references of IAM and STS. */
const DENIED_TO_NOBODY: ReadonlySet<string> = new Set(['GetCallerIdentity', 'GetSessionToken'])

/** The most expensive calls of every operation, and what else is known to be expensive. */
export function allCases(account: CrowdedAccount): readonly Case[] {
  const { crowdedKey, slowKey } = account
  const slow: Case = {
    ...{ service: 'kms', operation: 'Encrypt', kind: 'denied', what: 'under a slow policy' },
    prepare: async ({ callers }) => {
      const input = { KeyId: slowKey, Plaintext: 'AAAA', EncryptionContext: { a: 'a'.repeat(8000) } }
      return {
        ...{ service: 'kms', operation: 'Encrypt' },
        body: JSON.stringify(input),
        credentials: callers.root,
      }
    },
  }
  const known = expensiveCalls(crowdedKey).map(
    ({ service, operation, body, what }): Case => ({
      ...{ service, operation, kind: 'known', what },
      prepare: async ({ callers }) => ({ service, operation, body, credentials: callers.root }),
    }),
  )
  return [...CALLED_OPERATIONS.flatMap(casesOf), ...known, slow]
}

function casesOf(called: CalledOperation): readonly Case[] {
  const { service, operation, sample } = called
  const base = { service, operation, what: '' }
  const cases: Case[] = [{ ...base, kind: 'rubbish', prepare: async (to) => rubbish(called, to) }]
  const isLegal = sample === undefined || sample.valid !== undefined
  if (isLegal)
    cases.unshift({ ...base, kind: 'legal', prepare: (to) => legal(called, to), ...afterOf(operation) })
  if (UNSIGNED_OPERATION_NAMES.has(operation)) return cases
  cases.push({ ...base, kind: 'forged', prepare: async (to) => forged(called, to) })
  if (!DENIED_TO_NOBODY.has(operation)) cases.push({ ...base, kind: 'denied', prepare: denied(called) })
  return cases
}

/** There may be five trails. */
function afterOf(operation: string): Pick<Case, 'after'> {
  if (operation !== 'CreateTrail') return {}
  return {
    after: async ({ bed }, { body }) => {
      const { Name } = JSON.parse(body) as SampleInput
      await askTrail(bed, 'DeleteTrail', { Name })
    },
  }
}

async function legalInput(
  called: CalledOperation,
  account: CrowdedAccount,
): Promise<{ readonly input: SampleInput; readonly as: keyof CrowdedAccount['callers'] }> {
  const { members, sample } = called
  const ready =
    sample === undefined
      ? ({ input: await ownSample(called.operation, account.bed), as: 'root' } as const)
      : await (sample.valid ?? sample.refused)(account.bed)
  return { input: expensiveInput(called, members, ready.input, account), as: ready.as }
}

async function legal(called: CalledOperation, account: CrowdedAccount): Promise<Sent> {
  const { service, operation } = called
  const { input, as } = await legalInput(called, account)
  return { service, operation, body: bodyOf(service, operation, input), credentials: account.callers[as] }
}

function rubbish(called: CalledOperation, { callers }: CrowdedAccount): Sent {
  const { service, operation } = called
  return { service, operation, body: rubbishBody(called), credentials: callers.root }
}

function forged(called: CalledOperation, { callers }: CrowdedAccount): Sent {
  const { service, operation } = called
  return { service, operation, body: largestBlankBody(called), credentials: callers.forger }
}

/** A call that is refused changes nothing, so that one input is for all. */
function denied(called: CalledOperation): Case['prepare'] {
  let prepared: Promise<Sent> | undefined
  return async (account) => {
    prepared ??= legal(called, account)
    return { ...(await prepared), credentials: account.callers.denied }
  }
}
