import type { Clock, Random } from '../../base/ports.ts'
import type { Secret } from '../../base/secret.ts'
import { UsageError } from '../../base/usage-error.ts'
import {
  commitmentOf,
  type Envelope,
  isPathName,
  openRoot,
  PATHS_MAX,
  type Parameters,
  type UnlockPath,
  wrapRoot,
} from './envelope.ts'
import { SealError } from './root.ts'
import { methodOf, reasonOf, type UnlockDependencies, withinTime } from './unlock.ts'

/** The dependencies of changes of an envelope. */
export type ChangeDependencies = UnlockDependencies & { readonly clock: Clock; readonly random: Random }

/** The description of a new path. */
export type NewPath = { readonly name: string; readonly type: string; readonly given: Parameters }

/** How long a person may take to type a passphrase. */
export const PERSON_TIMEOUT_MS = 600_000

/** A new envelope without paths. */
export function newEnvelope(root: Secret, random: Random): Envelope {
  return { deployment: random.uuid(), revision: 0, changes: 0, commitment: commitmentOf(root), paths: [] }
}

/**
 * Adds a path at the end, after it has opened the root key once.
 *
 * @throws UsageError for a name that is taken; Error with a message for the operator.
 */
export async function addPath(
  dependencies: ChangeDependencies,
  envelope: Envelope,
  root: Secret,
  { name, type, given }: NewPath,
): Promise<Envelope> {
  assertNewName(envelope, name)
  const method = methodOf(dependencies.methods, type)
  if (method.isSingle === true) assertNoOther(envelope, type)
  const { random, clock, timers } = dependencies
  const id = random.uuid()
  const { deployment } = envelope
  let parameters: Parameters = {}
  using key = await withinTime(timers, PERSON_TIMEOUT_MS, async (signal) => {
    const made = await method.create({ deployment, id, name, signal }, given)
    parameters = made.parameters
    return made.key
  })
  const wrapped = wrapRoot(root, key, { deployment, id, type }, random)
  const createdAt = new Date(clock.now()).toISOString()
  const path: UnlockPath = { id, name, type, parameters, wrapped, createdAt, proved: undefined }
  if (method.isUnattended) {
    using again = await withinTime(timers, PERSON_TIMEOUT_MS, (signal) =>
      method.open({ deployment, id, name, signal }, parameters),
    )
    openRoot(envelope, path, again)[Symbol.dispose]()
  }
  return { ...nextRevision(envelope), changes: envelope.changes + 1, paths: [...envelope.paths, path] }
}

function assertNewName({ paths }: Envelope, name: string): void {
  if (!isPathName(name))
    throw new UsageError(
      `expected the name of a path: small letters, digits and hyphens, at most 63; got '${name}'`,
    )
  if (paths.some((path) => path.name === name)) throw new UsageError(`there is a path '${name}' already`)
  if (paths.length >= PATHS_MAX)
    throw new UsageError(`there are ${PATHS_MAX} paths, which is the largest number`)
}

/** A second path would replace the key of the first one, and a crash then leaves neither. @throws UsageError. */
function assertNoOther({ paths }: Envelope, type: string): void {
  const present = paths.find((path) => path.type === type)
  if (present === undefined) return
  throw new UsageError(
    `the path '${present.name}' has the type ${type} already: there is one key of this type`,
  )
}

/**
 * The envelope of the next root key: each path opens it by the key that it has. Every path has to open.
 *
 * @throws SealError that names the path which does not open.
 */
export async function rewrapPaths(
  dependencies: ChangeDependencies,
  envelope: Envelope,
  next: Secret,
): Promise<Envelope> {
  const { deployment } = envelope
  const paths: UnlockPath[] = []
  for (const path of envelope.paths) {
    const { id, name, type } = path
    try {
      const method = methodOf(dependencies.methods, type)
      using key = await withinTime(dependencies.timers, PERSON_TIMEOUT_MS, (signal) =>
        method.open({ deployment, id, name, signal }, path.parameters),
      )
      openRoot(envelope, path, key)[Symbol.dispose]()
      paths.push({ ...path, wrapped: wrapRoot(next, key, { deployment, id, type }, dependencies.random) })
    } catch (cause) {
      throw new SealError(
        `the root key cannot rotate, because the path '${name}' does not open: ${reasonOf(cause)}. Make it open, or remove it first`,
        { cause },
      )
    }
  }
  return { ...nextRevision(envelope), commitment: commitmentOf(next), paths }
}

/** Notes that a path has just opened the root key. */
export function notePathProved(envelope: Envelope, name: string, clock: Clock): Envelope {
  const proved = { at: new Date(clock.now()).toISOString(), change: envelope.changes }
  const paths = envelope.paths.map((path) => (path.name === name ? { ...path, proved } : path))
  return { ...nextRevision(envelope), paths }
}

/**
 * Removes a path when another one has been proved since the last change of the set.
 *
 * @throws UsageError.
 */
export function removePath(envelope: Envelope, name: string): Envelope {
  getPath(envelope, name)
  const paths = envelope.paths.filter((path) => path.name !== name)
  if (!paths.some(({ proved }) => proved?.change === envelope.changes))
    throw new UsageError(
      `'${name}' stays: no other path was proved since the last change of the paths. First run holdfast seal prove NAME for another one`,
    )
  return { ...nextRevision(envelope), changes: envelope.changes + 1, paths }
}

/** Puts the paths into another order. @throws UsageError unless each path is named once. */
export function orderPaths(envelope: Envelope, names: readonly string[]): Envelope {
  const paths = names.map((name) => getPath(envelope, name))
  if (new Set(names).size !== envelope.paths.length || names.length !== envelope.paths.length) {
    const all = envelope.paths.map(({ name }) => name).join(',')
    throw new UsageError(`expected each path once; got '${names.join(',')}'. The paths are ${all}`)
  }
  return { ...nextRevision(envelope), paths }
}

/** The path of a name. @throws UsageError. */
export function getPath({ paths }: Envelope, name: string): UnlockPath {
  const found = paths.find((path) => path.name === name)
  if (found !== undefined) return found
  throw new UsageError(
    `there is no path '${name}'. The paths are ${paths.map((path) => path.name).join(', ')}`,
  )
}

function nextRevision(envelope: Envelope): Envelope {
  return { ...envelope, revision: envelope.revision + 1 }
}
