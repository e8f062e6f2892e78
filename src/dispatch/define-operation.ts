import type { Output } from '../api/json.ts'
import type { ServiceName } from '../api/services.ts'
import type { Answer, Input, MayBeEmpty, Members } from '../api/shapes.ts'
import type { Call, EventData, KeyRules, Operation, Outcome, Permission } from './operation.ts'
import { shownParameters } from './parameters.ts'

/** What is true of an operation before any request arrives. */
export type OperationFacts<I extends Members, O extends Members> = {
  readonly service: ServiceName
  readonly name: string
  /** Whether audit events mark it as read-only. */
  readonly readOnly: boolean
  /** Whether the call carries no signature: its input proves the caller. */
  readonly unsigned?: boolean
  /** For an operation on a key. */
  readonly onKey?: KeyRules
  readonly input: I
  /** The members of its answer; none for an operation with an empty answer. */
  readonly output?: O | undefined
  /** The call's parameters in its audit event, where they differ from the input. */
  readonly parameters?: ((input: Input<I>) => EventData) | undefined
}

/** A call of a declared operation: the call, its input and the dependencies of the operation. */
export type Invocation<I extends Members, D> = {
  readonly call: Call
  readonly input: Input<I>
  readonly dependencies: D
}

/** An outcome with an answer of declared members. It may lack the answer only if no member is there always. */
export type OutcomeOf<O extends Members> = Omit<Outcome, 'output'> & {
  readonly output?: Answer<O>
} & (MayBeEmpty<O> extends true ? unknown : { readonly output: object })

/**
 * The outcome R if the operation declares all members of its answer. Otherwise a type that no value has, so that a
 * misspelt member does not compile.
 */
export type Checked<O extends Members, R> = R &
  (R extends { readonly output?: infer T } ? { readonly output?: Declared<Answer<O>, T> } : unknown)

type Plain = string | number | boolean | Uint8Array | Date | ReadonlyMap<string, string | number> | undefined

type Declared<A, T> = T extends Plain
  ? T
  : unknown extends A
    ? T
    : T extends readonly (infer E)[]
      ? A extends readonly (infer B)[]
        ? readonly Declared<B, E>[]
        : never
      : { readonly [K in keyof T]: K extends keyof A ? Declared<Exclude<A[K], undefined>, T[K]> : never }

/** The members of an empty answer. */
export type NoMembers = Readonly<Record<never, never>>

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>

/** The work of a call, once its resources are found. */
export type WorkOf<O extends Members, R extends OutcomeOf<O>> = {
  /**
   * None to many, one for each resource. The pipeline decides them in order; the first denial is the answer.
   */
  readonly permissions: readonly Permission[]
  /** Checks key states, usages and other rules after the permissions. @throws KmsError. */
  readonly check?: () => void
  readonly run: () => Awaitable<Checked<O, R>>
}

/** An operation that lacks only its dependencies. */
export type OperationOf<D> = (dependencies: D) => Operation

/**
 * Declares an operation: its facts, and `begin`, which finds the resources of one call and changes nothing.
 * The types of input and answer follow from the declared members.
 */
export function defineOperation<
  D,
  I extends Members,
  O extends Members = NoMembers,
  const R extends OutcomeOf<O> = OutcomeOf<O>,
>(
  facts: OperationFacts<I, O>,
  begin: (invocation: Invocation<I, D>) => Awaitable<WorkOf<O, R>>,
): OperationOf<D> {
  const { service, name, readOnly, unsigned, onKey, input: members } = facts
  return (dependencies) => ({
    service,
    name,
    readOnly,
    ...(unsigned !== undefined && { unsigned }),
    ...(onKey !== undefined && { onKey }),
    members,
    output: facts.output ?? {},
    parameters: (given) => shownParameters(members, facts.parameters?.(typed(given)) ?? given),
    begin: async (call) => {
      const {
        permissions,
        check = NO_CHECK,
        run,
      } = await begin({ call, input: typed(call.input), dependencies })
      return { permissions, check, run: async () => untyped(await run()) }
    },
  })
}

const NO_CHECK = (): void => {}

/** The dispatcher has validated the input against the same members. */
function typed<I extends Members>(input: unknown): Input<I> {
  return input as Input<I>
}

/** Every protocol can write the values of declared members. */
function untyped<O extends Members>(outcome: OutcomeOf<O>): Outcome {
  return outcome as Omit<Outcome, 'output'> & { readonly output?: Output }
}

/** The members that several operations declare alike, from the input of one of them. */
export function declaredMembers<M extends Members>(call: Call, _members: M): Input<M> {
  return typed(call.input)
}
