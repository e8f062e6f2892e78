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
 * The kind of a case. A `legal` call succeeds. The server refuses the others: `rubbish` for an invalid body, `forged`
 * for a wrong signature, `denied` for missing permission. `known` cases are further legal calls that were slow in the
 * past.
 */
type CaseKind = 'legal' | 'rubbish' | 'forged' | 'denied' | 'known'

/** A call that may slow down other callers. */
export type Case = {
  readonly service: ServiceName
  readonly operation: string
  readonly kind: CaseKind
  /** Distinguishes the case from others of the same kind. */
  readonly what: string
  /** Creates the resources that the next call names, and returns the call. */
  readonly prepare: (account: CrowdedAccount) => Promise<Sent>
  /** Deletes what the call created, where a quota would soon be reached. */
  readonly after?: (account: CrowdedAccount, sent: Sent) => Promise<void>
}

/** Operations that need no permission, so that no policy denies them. Source: the API references of IAM and STS. */
const DENIED_TO_NOBODY: ReadonlySet<string> = new Set(['GetCallerIdentity', 'GetSessionToken'])

/** Operations that only a session of the web console may call: access keys are refused. */
const CONSOLE_ONLY: ReadonlySet<string> = new Set(['StartPasskeyRegistration', 'CreatePasskey'])

/** The most expensive calls of every operation, and other calls known to be expensive. */
export function allCases(account: CrowdedAccount): readonly Case[] {
  const { crowdedKey, slowKey } = account
  const slow: Case = {
    ...{ service: 'kms', operation: 'Encrypt', kind: 'denied', what: 'with a slow key policy' },
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
  const isLegal = sample === undefined ? !CONSOLE_ONLY.has(operation) : sample.valid !== undefined
  if (isLegal)
    cases.unshift({ ...base, kind: 'legal', prepare: (to) => legal(called, to), ...afterOf(operation) })
  if (UNSIGNED_OPERATION_NAMES.has(operation)) return cases
  cases.push({ ...base, kind: 'forged', prepare: async (to) => forged(called, to) })
  if (!DENIED_TO_NOBODY.has(operation)) cases.push({ ...base, kind: 'denied', prepare: denied(called) })
  return cases
}

/** A region can have five trails. */
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

/** Reuses one input for all calls, because a refused call changes nothing. */
function denied(called: CalledOperation): Case['prepare'] {
  let prepared: Promise<Sent> | undefined
  return async (account) => {
    prepared ??= legal(called, account)
    return { ...(await prepared), credentials: account.callers.denied }
  }
}
