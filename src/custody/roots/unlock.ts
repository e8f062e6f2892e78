import type { Timers } from '../../base/ports.ts'
import type { Secret } from '../../base/secret.ts'
import { KeyringError } from '../wrapping.ts'
import { type Envelope, openRoot, type UnlockPath } from './envelope.ts'
import type { PathMethod, PathMethods } from './path-method.ts'
import { SealError } from './root.ts'

/** The time limit of one path: a security token or a service in another region takes seconds. */
export const PATH_TIMEOUT_MS = 15_000
/** The time limit of all unattended paths of one attempt. */
const ALL_TIMEOUT_MS = 60_000

/** Why a path did not open. */
export type PathFailure = { readonly name: string; readonly type: string; readonly reason: string }

/** The result of an attempt: the root key and the path that opened it, if one did. */
export type Attempt = {
  readonly opened: { readonly root: Secret; readonly path: UnlockPath } | undefined
  readonly failures: readonly PathFailure[]
}

/** The dependencies of opening paths. */
export type UnlockDependencies = {
  readonly methods: PathMethods
  readonly timers: Timers
  readonly monotonicMs: () => number
}

/** Whether a path of this type needs no person. */
export function isUnattended(methods: PathMethods, { type }: Pick<UnlockPath, 'type'>): boolean {
  return methods.get(type)?.isUnattended === true
}

/** Tries the unattended paths in their order, each within its time limit. Never throws for a path. */
export async function tryUnattended(dependencies: UnlockDependencies, envelope: Envelope): Promise<Attempt> {
  const failures: PathFailure[] = []
  const began = dependencies.monotonicMs()
  for (const path of envelope.paths) {
    if (dependencies.methods.has(path.type) && !isUnattended(dependencies.methods, path)) continue
    const { name, type } = path
    const leftMs = ALL_TIMEOUT_MS - (dependencies.monotonicMs() - began)
    if (leftMs <= 0) {
      failures.push({ name, type, reason: 'not tried: the paths before it took too long' })
      continue
    }
    try {
      const root = await openPath(dependencies, envelope, path, Math.min(leftMs, PATH_TIMEOUT_MS))
      return { opened: { root, path }, failures }
    } catch (error) {
      failures.push({ name, type, reason: reasonOf(error) })
    }
  }
  return { opened: undefined, failures }
}

/** Opens the root key by one path. @throws Error with a message for the operator. */
export async function openPath(
  dependencies: UnlockDependencies,
  envelope: Envelope,
  path: UnlockPath,
  timeoutMs: number,
): Promise<Secret> {
  const method = methodOf(dependencies.methods, path.type)
  using key = await withinTime(dependencies.timers, timeoutMs, (signal) =>
    method.open({ deployment: envelope.deployment, id: path.id, name: path.name, signal }, path.parameters),
  )
  try {
    return openRoot(envelope, path, key)
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error
    throw new SealError(WRONG_KEYS.get(path.type) ?? WRONG_KEY, { cause: error })
  }
}

const WRONG_KEY = 'its key is not the one that this path was made with'
/** The same in the words of a person, by the type of path. */
const WRONG_KEYS: ReadonlyMap<string, string> = new Map([['passphrase', 'the passphrase is wrong']])

/** The method of a type. @throws SealError for one of a newer release. */
export function methodOf(methods: PathMethods, type: string): PathMethod {
  const method = methods.get(type)
  if (method === undefined) throw new SealError(`this release has no paths of type ${type}`)
  return method
}

/** Ends the wait at the time limit; a key that comes later is cleared. */
export function withinTime<T extends Disposable>(
  timers: Timers,
  timeoutMs: number,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    let isLate = false
    const timer = timers.after(timeoutMs, () => {
      isLate = true
      controller.abort()
      reject(new SealError(`no answer within ${timeoutMs / 1000} s`))
    })
    task(controller.signal).then(
      (result) => {
        timer.cancel()
        if (isLate) result[Symbol.dispose]()
        else resolve(result)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error)
      },
    )
  })
}

/** Why a path did not open, in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
