import { KmsError } from '../api/errors.ts'
import type { Output, OutputValue } from '../api/json.ts'
import type { Input, Members } from '../api/shapes.ts'
import { wireName } from '../api/validate.ts'
import type { Call, EventData, Operation, Outcome, Permission } from '../dispatch/operation.ts'
import { shownParameters } from '../dispatch/parameters.ts'
import type { ContextLookup } from '../policy/context.ts'
import { findTag } from './callers.ts'
import type { IamOperation, IamParts } from './parts.ts'
import type { Tag } from './records.ts'

/** Condition keys that an operation adds, by lower-case name. */
type ContextEntries = { readonly [name: string]: string | readonly string[] | undefined }

/** What an operation is done to. */
export type Subject<E> = {
  /** What permissions are asked for; `*` for nothing in particular. */
  readonly arn: string
  readonly tags?: readonly Tag[]
  /** Nothing when it is not there. */
  readonly entity: E | undefined
  /** The error when it is not there. */
  readonly missing?: () => KmsError
}

/** A call of an operation, with its input. */
export type Asked<I> = { readonly call: Call; readonly input: I; readonly parts: IamParts }

/** Finds what an operation is done to. @throws KmsError when it cannot be named. */
export type Finder<I, E> = (asked: Asked<I>) => Subject<E> | Promise<Subject<E>>

/** What is true of an operation of IAM before any request arrives. */
export type IamFacts<M extends Members, E> = {
  readonly name: string
  readonly readOnly: boolean
  readonly input: M
  readonly find: Finder<Input<M>, E>
  /** @param entity what the operation is done to; nothing when it is not there. */
  readonly context?: (input: Input<M>, entity: E | undefined) => ContextEntries
  /** Tags that are put: `aws:RequestTag` and `aws:TagKeys`. */
  readonly tags?: (input: Input<M>) => readonly { readonly Key: string; readonly Value: string }[] | undefined
  /** Checks of parameters. @throws KmsError. */
  readonly checkInput?: (input: Input<M>) => void
}

/** What an operation of IAM does. */
export type IamRun<M extends Members, E> = (
  asked: Asked<Input<M>> & { readonly entity: E; readonly arn: string },
) => Promise<Outcome> | Outcome

/** An operation of IAM: it needs the permission of its own name on one thing. */
export function iamOperation<M extends Members, E>(facts: IamFacts<M, E>, run: IamRun<M, E>): IamOperation {
  return (parts): Operation => ({
    service: 'iam',
    name: facts.name,
    readOnly: facts.readOnly,
    members: facts.input,
    parameters: (input) => shownParameters(facts.input, input),
    begin: async (call) => {
      const asked = { call, input: typed<M>(call.input), parts }
      facts.checkInput?.(asked.input)
      const subject = await facts.find(asked)
      const { arn } = subject
      const entity = subject.entity as E
      return {
        permissions: [permissionOf(facts, asked, subject)],
        check: () => {
          if (subject.entity === undefined) throw subject.missing?.() ?? new KmsError('NoSuchEntityException')
        },
        run: async () => recorded(facts.readOnly, await run({ ...asked, entity, arn })),
      }
    },
  })
}

/** The dispatcher has validated the input against the same members. */
function typed<M extends Members>(input: unknown): Input<M> {
  return input as Input<M>
}

function permissionOf<M extends Members, E>(
  facts: IamFacts<M, E>,
  { call, input }: Asked<Input<M>>,
  subject: Subject<E>,
): Permission {
  return {
    action: `iam:${facts.name}`,
    resource: subject.arn,
    account: call.caller.account,
    policy: undefined,
    context: contextOf(subject.tags ?? [], facts.tags?.(input), facts.context?.(input, subject.entity) ?? {}),
  }
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

/** What has changed something shows its answer in the audit event, without secrets. */
function recorded(readOnly: boolean, outcome: Outcome): Outcome {
  if (readOnly || outcome.output === undefined || outcome.event !== undefined) return outcome
  return { ...outcome, event: { response: shownOutput(outcome.output) } }
}

const NEVER_SHOWN = new Set(['SecretAccessKey', 'SessionToken'])

/** An answer as an audit event shows it: members in lower camel case. */
function shownOutput(output: Output): EventData {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(output)) {
    if (value !== undefined && !NEVER_SHOWN.has(name)) shown[wireName(name)] = shownValue(value)
  }
  return shown
}

function shownValue(value: Exclude<OutputValue, undefined>): unknown {
  if (typeof value !== 'object' || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map((item) => shownValue(item))
  return shownOutput(value as Output)
}
