import type { Secret } from '../../base/secret.ts'
import type { Parameters } from './envelope.ts'

/** Which path of which deployment a method works for. */
export type PathContext = {
  /** The deployment's UUID. */
  readonly deployment: string
  /** The path's UUID. */
  readonly id: string
  readonly name: string
  /** Aborted at the time limit. */
  readonly signal: AbortSignal
}

/** How paths of one type get their key, which wraps the root key and never equals it. */
export type PathMethod = {
  /** Whether it needs no person. */
  readonly isUnattended: boolean
  /** Whether an envelope has at most one path of this type, since all would have one key. */
  readonly isSingle?: true
  /**
   * Creates the key of a new path.
   *
   * @param given what the operator chose. @throws SealError, UsageError.
   */
  readonly create: (
    context: PathContext,
    given: Parameters,
  ) => Promise<{ readonly parameters: Parameters; readonly key: Secret }>
  /** Gets the key of a path again. @throws Error with a message for the operator. */
  readonly open: (context: PathContext, parameters: Parameters) => Promise<Secret>
}

/** The methods of this release, by the type of path. */
export type PathMethods = ReadonlyMap<string, PathMethod>
