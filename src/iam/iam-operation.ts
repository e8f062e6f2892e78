import { KmsError } from '../api/errors.ts'
import type { Input, Members } from '../api/shapes.ts'
import { wireName } from '../api/validate.ts'
import {
  type Awaitable,
  type Checked,
  defineOperation,
  type NoMembers,
  type OutcomeOf,
} from '../dispatch/define-operation.ts'
import type { Call, EventData, Permission } from '../dispatch/operation.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import type { ContextLookup } from '../policy/context.ts'
import { findTag } from './credentials/callers.ts'
import type { IamDependencies, IamOperation } from './iam-dependencies.ts'
import type { Tag } from './iam-records.ts'

/** Condition keys that an operation adds, by lower-case name. */
type ContextEntries = { readonly [name: string]: string | readonly string[] | undefined }

/** The subject of an operation. */
export type Subject<E> = {
  /** The resource of its permissions; `*` for none in particular. */
  readonly arn: string
  /** Its name in denials, if not its ARN. */
  readonly shown?: string
  readonly tags?: readonly Tag[]
  /** Nothing when it does not exist. */
  readonly entity: E | undefined
  /** The error when it does not exist. @param operation its name. */
  readonly missing?: (operation: string) => KmsError
}

/** A call of an operation: the call, its input and the dependencies of the operation. */
export type Invocation<I> = { readonly call: Call; readonly input: I; readonly dependencies: IamDependencies }

/** A permission: an action, on something. */
export type Need = {
  readonly action: string
  readonly arn: string
  /** @see Subject */
  readonly shown?: string | undefined
  /** A policy of the account as a whole, evaluated with the caller's policies. */
  readonly policy?: CompiledPolicy | undefined
  /** For something other than the subject of the operation: its tags, and condition keys of the action. */
  readonly other?: { readonly tags: readonly Tag[]; readonly context: ContextEntries }
}

/** Finds the subject of an operation. @throws KmsError when it cannot be named. */
export type Finder<I, E> = (invocation: Invocation<I>) => Subject<E> | Promise<Subject<E>>

/** What is true of an operation of IAM before any request arrives. */
export type IamFacts<M extends Members, E, O extends Members = Members> = {
  readonly name: string
  readonly readOnly: boolean
  readonly input: M
  readonly output?: O | undefined
  readonly find: Finder<Input<M>, E>
  /** @param entity the subject of the operation; nothing when it does not exist. */
  readonly context?: (input: Input<M>, entity: E | undefined) => ContextEntries
  /** Tags in the request: `aws:RequestTag` and `aws:TagKeys`. */
  readonly tags?: (input: Input<M>) => readonly { readonly Key: string; readonly Value: string }[] | undefined
  /** A policy of the account as a whole, evaluated with the caller's policies. */
  readonly allowedByAccount?: (invocation: Invocation<unknown>) => Promise<CompiledPolicy | undefined>
  /** Further permissions that the call needs. */
  readonly alsoNeeds?: (
    invocation: Invocation<Input<M>>,
    subject: Subject<E>,
  ) => readonly Need[] | Promise<readonly Need[]>
  /** The call's parameters in its audit event, where they differ from the input. */
  readonly parameters?: (input: Input<M>) => EventData
  /** Checks of parameters. @throws KmsError. */
  readonly checkInput?: (input: Input<M>) => void
}

/** A call of an operation of IAM, with its subject. */
type EntityInvocation<M extends Members, E> = Invocation<Input<M>> & {
  readonly entity: E
  readonly arn: string
}

/** An operation of IAM: it needs the permission of its own name on its subject, and seldom others. */
export function iamOperation<
  M extends Members,
  E,
  O extends Members = NoMembers,
  R extends OutcomeOf<O> = OutcomeOf<O>,
>(facts: IamFacts<M, E, O>, run: (given: EntityInvocation<M, E>) => Awaitable<Checked<O, R>>): IamOperation {
  const { name, readOnly, input, output, parameters } = facts
  const declared = { service: 'iam', name, readOnly, input, output, parameters } as const
  return defineOperation<IamDependencies, M, O, OutcomeOf<O>>(declared, async (invocation) => {
    facts.checkInput?.(invocation.input)
    const subject = await facts.find(invocation)
    const { arn, shown } = subject
    const also = (await facts.alsoNeeds?.(invocation, subject)) ?? []
    const policy = await facts.allowedByAccount?.(invocation)
    const { account } = invocation.call.caller
    const context = contextFor(facts, invocation, subject)
    const missing = (): KmsError => subject.missing?.(name) ?? new KmsError('NoSuchEntityException')
    return {
      permissions: [{ action: `iam:${name}`, arn, shown, policy }, ...also].map((need: Need): Permission => {
        const own = need.other && contextOf(need.other.tags, undefined, need.other.context)
        const { action, arn: resource, shown, policy } = need
        return { action, resource, shown, account, policy, context: own ?? context }
      }),
      check: () => {
        if (subject.entity === undefined) throw missing()
      },
      run: async () => {
        const { entity } = subject
        if (entity === undefined) throw missing()
        return recorded(readOnly, await run({ ...invocation, entity, arn }))
      },
    }
  })
}

function contextFor<M extends Members, E, O extends Members>(
  facts: IamFacts<M, E, O>,
  { input }: Invocation<Input<M>>,
  subject: Subject<E>,
): ContextLookup {
  const entries = facts.context?.(input, subject.entity) ?? {}
  return contextOf(subject.tags ?? [], facts.tags?.(input), entries)
}

const RESOURCE_TAG = /^(?:aws|iam):resourcetag\//
const REQUEST_TAG = 'aws:requesttag/'

/** Source: Service Authorization Reference, "Condition keys for AWS Identity and Access Management". */
function contextOf(
  present: readonly Tag[],
  given: readonly { readonly Key: string; readonly Value: string }[] | undefined,
  entries: ContextEntries,
): ContextLookup {
  return (name) => {
    if (name === 'aws:tagkeys' && given !== undefined) return given.map(({ Key }) => Key)
    if (name.startsWith(REQUEST_TAG)) {
      const wanted = name.slice(REQUEST_TAG.length)
      return given?.find(({ Key }) => Key.toLowerCase() === wanted)?.Value
    }
    if (RESOURCE_TAG.test(name)) return findTag(present, name.slice(name.indexOf('/') + 1))
    return Object.hasOwn(entries, name) ? entries[name] : undefined
  }
}

/**
 * An operation that makes something with tags also needs the permission to tag it. Source: IAM User Guide,
 * "Tags for IAM resources".
 */
export function tagging(action: string) {
  return (
    { input: { Tags = [] } }: { readonly input: { readonly Tags?: readonly object[] | undefined } },
    { arn }: Pick<Subject<unknown>, 'arn'>,
  ): readonly Need[] => (Tags.length > 0 ? [{ action, arn }] : [])
}

/** The event of an operation that changes something shows its answer, without secrets. */
function recorded<T extends OutcomeOf<Members>>(readOnly: boolean, outcome: T): T {
  if (readOnly || outcome.output === undefined || outcome.event !== undefined) return outcome
  return { ...outcome, event: { response: shownOutput(outcome.output) } }
}

const NEVER_SHOWN = new Set(['SecretAccessKey', 'SessionToken', 'Base32StringSeed', 'QRCodePNG'])

/** An answer as an audit event shows it: members in lower camel case. */
function shownOutput(output: { readonly [name: string]: unknown }): EventData {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(output)) {
    if (value !== undefined && !NEVER_SHOWN.has(name)) shown[wireName(name)] = shownValue(value)
  }
  return shown
}

function shownValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map((item) => shownValue(item))
  return shownOutput({ ...value })
}
