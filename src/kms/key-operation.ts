import { KmsError } from '../api/errors.ts'
import type { KeyUsage } from '../api/key-specs.ts'
import { boolean, type Input, list, type Members, optional, type Shape, text } from '../api/shapes.ts'
import type { GrantRef } from '../custody/grant-token.ts'
import {
  type Awaitable,
  type Checked,
  declaredMembers,
  defineOperation,
  type NoMembers,
  type OutcomeOf,
} from '../dispatch/define-operation.ts'
import type { Call, EventData, KeyRules, Permission } from '../dispatch/operation.ts'
import type { ContextLookup } from '../policy/context.ts'
import { hiddenDenial } from '../policy/denial.ts'
import { findRecipient, type Recipient, recipientContext, withRecipient } from './cryptography/recipient.ts'
import { type GrantQuestion, grantsFor } from './grants/grant-access.ts'
import type { GrantValue } from './grants/grant-record.ts'
import { aliasUnsupported, type Identifier, parseIdentifier } from './keys/identifier.ts'
import { keyContext } from './keys/key-context.ts'
import type { KeyState } from './keys/key-record.ts'
import { checkAlgorithm, checkUsage } from './keys/key-rules.ts'
import { checkState } from './keys/key-state.ts'
import { findKey, type Key, notFound } from './keys/keys.ts'
import type { KmsDependencies, KmsOperation } from './kms-dependencies.ts'

/** A key identifier of a request: id, ARN, alias name or alias ARN. */
export const KEY_ID = text({ min: 1, max: 2048 })

/** Grant tokens of a request, at most 10. */
export const GRANT_TOKENS = optional(list(text({ min: 1, max: 8192, sensitive: true }), { max: 10 }))

/** Whether the call only asks if it would succeed. */
export const DRY_RUN = optional(boolean())

type NamesKey = { readonly KeyId: Shape<string, true> }

/** What is true of an operation on one key before any request arrives. */
export type KeyFacts<M extends Members & NamesKey, O extends Members> = KeyRules & {
  readonly name: string
  /** Whether it is read-only. */
  readonly readOnly: boolean
  readonly states: readonly KeyState[]
  /** The usage that the key must have. */
  readonly usage?: KeyUsage
  /** The algorithm that a call uses, which must be one of the key's. */
  readonly algorithm?: (input: Input<M>) => string
  readonly input: M
  readonly output?: O | undefined
  /** Condition keys of this operation, beside those of the key and the call. */
  readonly context?: (input: Input<M>, call: Call) => ContextLookup
  /** Condition keys whose values must be fetched, beside the others. */
  readonly fetchContext?: (key: Key, call: Call, dependencies: KmsDependencies) => Promise<ContextLookup>
  /** Whether the constraints of a grant that lists the operation cover this call. */
  readonly coveredBy?: (input: Input<M>, grant: GrantValue) => boolean
  /** Makes a missing key, for identifiers that allow it. */
  readonly makeMissing?: MakeMissing
  /** Checks of parameters that need no key. @throws KmsError. */
  readonly checkInput?: (input: Input<M>, call: Call) => void
  /** Checks of parameters against the key, after its state and usage. @throws KmsError. */
  readonly checkKey?: (input: Input<M>, key: Key) => void
  /** Further permissions that the call needs, after the one of its own name. */
  readonly alsoNeeds?: (given: KeyInvocation<M>) => Promise<readonly Permission[]> | readonly Permission[]
  /** The call's parameters in its audit event, where they differ from the input. */
  readonly parameters?: (input: Input<M>) => EventData
}

/** A call of an operation on one key. */
type KeyInvocation<M extends Members> = {
  readonly call: Call
  readonly input: Input<M>
  readonly key: Key
  readonly dependencies: KmsDependencies
  /** The recipient of a sealed answer. */
  readonly recipient: Recipient
}

const NO_CONTEXT: ContextLookup = () => undefined

function joinContexts(first: ContextLookup, second: ContextLookup): ContextLookup {
  return (name) => first(name) ?? second(name)
}

/** An operation on the one key that its `KeyId` names. */
export function keyOperation<
  M extends Members & NamesKey,
  O extends Members = NoMembers,
  const R extends OutcomeOf<O> = OutcomeOf<O>,
>(facts: KeyFacts<M, O>, run: (given: KeyInvocation<M>) => Awaitable<Checked<O, R>>): KmsOperation {
  const { name, readOnly, input: members, output, parameters } = facts
  const declared = { service: 'kms', name, readOnly, input: members, parameters, onKey: facts } as const
  return defineOperation<KmsDependencies, M, O, OutcomeOf<O>>(
    { ...declared, output },
    async ({ call, input, dependencies }) => {
      checkGrantTokens(call, dependencies)
      facts.checkInput?.(input, call)
      const recipient = await findRecipient(call, dependencies)
      const key = await resolveKey({
        call,
        dependencies,
        facts,
        text: declaredMembers(call, { KeyId: KEY_ID }).KeyId,
      })
      const given = { call, input, key, dependencies, recipient }
      const stated = recipientContext(recipient, facts.context?.(input, call) ?? NO_CONTEXT)
      const fetched = facts.fetchContext && (await facts.fetchContext(key, call, dependencies))
      const context = fetched === undefined ? stated : joinContexts(stated, fetched)
      const covers = facts.coveredBy && ((grant: GrantValue) => facts.coveredBy?.(input, grant) ?? false)
      const own = keyPermission({ ...given, covers }, facts.name, context)
      return {
        permissions: facts.alsoNeeds === undefined ? [own] : [own, ...(await facts.alsoNeeds(given))],
        check: () => checkKey(facts, input, key),
        run: async () => withMaking(key, withRecipient(await run(given), recipient)),
      }
    },
  )
}

/** The outcome with the changes that make the key, if the call makes it. */
function withMaking<T extends OutcomeOf<Members>>({ making }: Key, outcome: T): T {
  if (making === undefined) return outcome
  const { changes = [], event } = outcome
  return {
    ...outcome,
    changes: [...making.changes, ...changes],
    event: { ...event, also: [making.event, ...(event?.also ?? [])] },
  }
}

function checkKey<M extends Members & NamesKey>(
  facts: KeyFacts<M, Members>,
  input: Input<M>,
  key: Key,
): void {
  const { value } = key.record
  checkState(key, facts.states)
  if (facts.usage !== undefined) checkUsage(key.arn, value, facts.usage, facts.name)
  if (facts.algorithm !== undefined) checkAlgorithm(value, facts.algorithm(input))
  facts.checkKey?.(input, key)
}

/**
 * Checks that the grant tokens of a call are tokens of grants in its region. They have no other effect: every
 * node uses a grant as soon as it is made.
 *
 * @throws InvalidGrantTokenException.
 */
export function checkGrantTokens(call: Call, dependencies: KmsDependencies): void {
  const { GrantTokens = [] } = declaredMembers(call, { GrantTokens: GRANT_TOKENS })
  for (const token of GrantTokens) openGrantToken(call, dependencies, token)
}

/** The grant of a token, whether or not it still exists. @throws InvalidGrantTokenException. */
export function openGrantToken(call: Call, dependencies: KmsDependencies, token: string): GrantRef {
  const grant = dependencies.grantTokens.open(token)
  if (grant === undefined || grant.region !== call.region) throw new KmsError('InvalidGrantTokenException')
  return grant
}

/** Makes a key that does not exist; nothing when it cannot be made. */
type MakeMissing = (
  call: Call,
  dependencies: KmsDependencies,
  identifier: Identifier,
) => Promise<Key | undefined>

/** The text of a request that names a key, and its rules. */
export type KeyQuestion = {
  readonly call: Call
  readonly dependencies: KmsDependencies
  readonly facts: {
    readonly name: string
    readonly aliases: boolean
    readonly crossAccount: boolean
    readonly makeMissing?: MakeMissing
  }
  readonly text: string
}

/**
 * The key that an identifier names.
 *
 * @throws NotFoundException, InvalidArnException; AccessDeniedException for a key of another
 * account that does not exist, byte for byte as for one that exists and denies.
 */
export async function resolveKey({ call, dependencies, facts, text }: KeyQuestion): Promise<Key> {
  const { caller, region, now } = call
  const identifier = parseIdentifier(text, caller.account, region)
  if (identifier.type === 'alias' && !facts.aliases) throw aliasUnsupported()
  if (identifier.account !== caller.account && !facts.crossAccount) throw ownAccountOnly()
  const found = await findKey({ records: dependencies.records, region, now }, identifier)
  const key = found ?? (await facts.makeMissing?.(call, dependencies, identifier))
  if (key === undefined) throw missingKey(call, facts.name, identifier)
  call.involve({ account: key.account, arn: key.arn })
  return key
}

/**
 * The error for a key of another account, whether or not it exists. Source: recorded answers of AWS KMS for
 * the text.
 */
function ownAccountOnly(): KmsError {
  return new KmsError('AccessDeniedException', 'This operation cannot be called cross account')
}

function missingKey(call: Call, name: string, identifier: Identifier): KmsError {
  if (identifier.account === call.caller.account) return notFound(identifier, call.region)
  return new KmsError('AccessDeniedException', hiddenDenial(call.caller.arn, `kms:${name}`))
}

/** The permission for `name` on a key. */
export function keyPermission(
  { call, key, dependencies, covers }: Omit<GrantQuestion, 'name' | 'context'>,
  name: string,
  more: ContextLookup,
): Permission {
  const context = keyContext(key, call.caller.account, more)
  return {
    action: `kms:${name}`,
    resource: key.arn,
    account: key.account,
    policy: key.policy,
    managedByAws: key.record.value.managed === true,
    context,
    grants: grantsFor({ call, key, dependencies, covers, name, context }),
  }
}
