import { parseArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { parseInput } from '../api/validate.ts'
import { inSlices } from '../base/slices.ts'
import { inPlace } from '../dispatch/access.ts'
import { globalContext } from '../dispatch/global-context.ts'
import { parseIdentifier } from '../kms/keys/identifier.ts'
import { keyContext } from '../kms/keys/key-context.ts'
import { checkKeyPolicy, POLICY_TEXT } from '../kms/keys/key-policy.ts'
import { findKey, type Key } from '../kms/keys/keys.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import { type CompiledPolicy, compilePolicySteps } from '../policy/compile.ts'
import { locksCallerOut } from '../policy/key-policy.ts'
import { parsePolicySteps } from '../policy/parse.ts'
import type { ExplainingDependencies } from './explain-dependencies.ts'
import { namedCaller } from './named-caller.ts'

/** A key policy that PutKeyPolicy would accept. */
export type Proposal = {
  readonly policy: CompiledPolicy
  /** Whether its author could not change it afterwards: then PutKeyPolicy refuses it. */
  readonly locksOut: boolean
}

/** The account and region to which key ids and alias names refer. */
type KeyHome = { readonly account: string; readonly region: string }

/** The key that an operator names. @throws KmsError. */
export async function namedKey(
  dependencies: ExplainingDependencies,
  text: string,
  home: KeyHome,
): Promise<Key> {
  const key = await findNamedKey(dependencies, text, home)
  if (key === undefined) throw noSuchKey(text)
  return key
}

/** The key that a text names, if it exists. @throws KmsError for a text that cannot name a key. */
export function findNamedKey(
  { records, now }: ExplainingDependencies,
  text: string,
  home: KeyHome,
): Promise<Key | undefined> {
  const region = text.startsWith('arn:') ? (text.split(':')[3] ?? '') : home.region
  return findKey({ records, region, now: now() }, parseIdentifier(text, home.account, region))
}

/** The error for a key that does not exist. */
export function noSuchKey(text: string): KmsError {
  return new KmsError('NotFoundException', `There is no key ${text}`)
}

/** A proposed key policy. */
export type ProposalQuestion = {
  readonly key: Key
  readonly text: string
  /** The ARN of its author. */
  readonly principal: string
  /** The account that the result is for, which may not learn about others; without it, every principal is looked up. */
  readonly onlyFor?: string | undefined
}

/**
 * Checks a key policy as PutKeyPolicy does, without the principals of accounts of which nothing may be told.
 *
 * @throws KmsError like PutKeyPolicy; SimulationError.
 */
export async function parseProposal(
  { kms, records, now, giveWay }: ExplainingDependencies,
  { key, text, principal, onlyFor }: ProposalQuestion,
): Promise<Proposal> {
  parseInput({ Policy: POLICY_TEXT }, { Policy: text })
  const caller = await namedCaller(records, { principal, sessionPolicy: undefined }, now())
  const { place } = await caller.policies()
  const { context } = inPlace({ context: globalContext(caller, NO_REQUEST, key.region, now()) }, place)
  const call = {
    requestId: '',
    caller,
    region: key.region,
    input: {},
    now: now(),
    context,
    involve: () => {},
    redact: () => {},
    identify: () => {},
  }
  const proposal = { text, bypassLockoutCheck: true, call, context, keyArn: key.arn }
  const bound = await checkKeyPolicy(proposal, onlyFor === undefined ? kms : withoutOthers(kms, onlyFor))
  const bindings = new Map(Object.entries(bound.principalIds))
  const document = await inSlices(parsePolicySteps(bound.policy, { flavour: 'key' }), giveWay)
  const policy = await inSlices(compilePolicySteps(document, { bindings }), giveWay)
  const locksOut = locksCallerOut(policy, caller.principal, keyContext(key, key.account, context), key.arn)
  return { policy, locksOut }
}

/**
 * Takes principals of other accounts for existing ones, with no unique id, and looks up nothing about them: an error
 * would tell who exists there, without a policy that is put and recorded.
 */
function withoutOthers(kms: KmsDependencies, account: string): KmsDependencies {
  const isOther = (arn: string): boolean => (parseArn(arn)?.account ?? account) !== account
  return {
    ...kms,
    principalExists: async (arn) => isOther(arn) || kms.principalExists(arn),
    principalId: async (arn) => (isOther(arn) ? undefined : kms.principalId(arn)),
    arnsOfIds: async (ids) => new Map([...(await kms.arnsOfIds(ids))].filter(([, arn]) => !isOther(arn))),
  }
}

const NO_REQUEST = {
  method: 'POST',
  target: '/',
  rawHeaders: [],
  body: new Uint8Array(0),
  connection: { address: '127.0.0.1', tls: undefined },
}
