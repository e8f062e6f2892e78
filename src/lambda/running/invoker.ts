import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../base/log.ts'
import type { Clock, Random, Timers } from '../../base/ports.ts'
import type { CodeFiles } from '../code-files.ts'
import { type EnvironmentKeys, goneRole, startError } from '../environment-keys.ts'
import { type FunctionPlace, type FunctionValue, functionArn } from '../function-record.ts'
import { LambdaError, tooManyRequests } from '../lambda-error.ts'
import type { ExecutionRole, Roles } from '../roles.ts'
import { Environment, type Invocation, type InvocationResult } from './environment.ts'
import { removeFolder } from './remove-folder.ts'
import type { RuntimeSettings } from './runtimes.ts'

/** The dependencies of running functions. */
export type InvokerDependencies = {
  readonly keys: EnvironmentKeys
  readonly roles: Roles
  readonly code: CodeFiles
  readonly runtimes: RuntimeSettings
  /** The folder of functions. */
  readonly folder: string
  /** Processes of functions at once. */
  readonly environmentsMax: number
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
}

/** An environment that waits this long for an event is ended. */
const IDLE_MS = 300_000
/** No event goes to an environment that is older: it is replaced by one whose variables KMS has decrypted anew. */
const AGE_MAX_MS = 900_000
/** The folders of environments within the folder of functions. */
const RUNNING_FOLDER = 'running'

/** An environment that is held for one invocation. */
export type Held = {
  readonly invoke: (invocation: Invocation) => Promise<InvocationResult>
  /** Gives it back unused. */
  readonly release: () => void
}

type Pooled = {
  readonly environment: Environment
  isBusy: boolean
  /** Whether its function has been changed or deleted meanwhile. */
  isRetired: boolean
  idleSinceMs: number
}

/** Starts environments of functions, keeps them for later events, and ends them. */
export class Invoker {
  readonly #dependencies: InvokerDependencies
  readonly #pool = new Set<Pooled>()
  readonly #ending = new Set<Promise<void>>()
  #starting = 0
  #isClosed = false

  constructor(dependencies: InvokerDependencies) {
    this.#dependencies = dependencies
  }

  /** Processes of functions at once. */
  get environmentsMax(): number {
    return this.#dependencies.environmentsMax
  }

  /** Removes the folders that an earlier stop has left. What cannot be removed is in nobody's way: names are unique. */
  async open(): Promise<void> {
    const folder = join(this.#dependencies.folder, RUNNING_FOLDER)
    try {
      await removeFolder(folder)
    } catch (error) {
      this.#dependencies.log.warn(`folders of earlier environments stay: ${error}`)
    }
    await mkdir(folder, { recursive: true, mode: 0o700 })
    this.#sweepLater()
  }

  /**
   * Holds an environment for one event: one that waits, or a new one.
   *
   * @throws LambdaError when its role, its key or a limit does not allow it.
   */
  async hold(value: FunctionValue): Promise<Held> {
    if (this.#isClosed) throw tooManyRequests()
    const role = await this.#roleOf(value)
    const waiting = this.#findWaiting(value)
    if (waiting !== undefined) return this.#held(waiting)
    this.#makeRoom()
    this.#starting += 1
    try {
      const environment = await this.#start(value, role)
      const pooled = { environment, isBusy: true, isRetired: false, idleSinceMs: 0 }
      this.#pool.add(pooled)
      return this.#held(pooled)
    } finally {
      this.#starting -= 1
    }
  }

  /** Ends the environments of a function that has been changed or deleted, once they have answered. */
  retire(place: FunctionPlace): void {
    const arn = functionArn(place)
    for (const pooled of this.#pool) {
      if (functionArn(pooled.environment.value) !== arn) continue
      if (pooled.isBusy) pooled.isRetired = true
      else this.#end(pooled)
    }
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const pooled of this.#pool) this.#end(pooled)
    await Promise.all(this.#ending)
  }

  /** The role as it is now. @throws LambdaError when it is not the one that the function was given. */
  async #roleOf(value: FunctionValue): Promise<ExecutionRole> {
    const role = await this.#dependencies.roles.find(value.roleArn)
    if (role?.id === value.roleId) return role
    this.retire(value)
    if (value.environment !== undefined) throw startError(goneRole())
    throw notAssumable()
  }

  #findWaiting({ revisionId, ...place }: FunctionValue): Pooled | undefined {
    const arn = functionArn(place)
    const now = this.#dependencies.clock.monotonicMs()
    for (const pooled of this.#pool) {
      const { environment, isBusy } = pooled
      if (isBusy || functionArn(environment.value) !== arn) continue
      const isCurrent = environment.value.revisionId === revisionId
      const isYoung = now - environment.startedAtMs < AGE_MAX_MS
      if (isCurrent && isYoung && environment.isUsable) return pooled
      this.#end(pooled)
    }
    return undefined
  }

  /** @throws LambdaError when all environments are busy. */
  #makeRoom(): void {
    if (this.#pool.size + this.#starting < this.#dependencies.environmentsMax) return
    const [oldest] = [...this.#pool]
      .filter(({ isBusy }) => !isBusy)
      .sort((a, b) => a.idleSinceMs - b.idleSinceMs)
    if (oldest === undefined) throw tooManyRequests('ConcurrentInvocationLimitExceeded')
    this.#end(oldest)
  }

  async #start(value: FunctionValue, role: ExecutionRole): Promise<Environment> {
    const { keys, roles, code, folder, random } = this.#dependencies
    if (!(await role.trusts(value))) throw notAssumable()
    const session = await roles.assume(role, value)
    let variables = {}
    if (value.environment !== undefined) {
      try {
        variables = await keys.open(session.caller, value, value.environment)
      } catch (error) {
        throw startError(error)
      }
    }
    const own = join(folder, RUNNING_FOLDER, random.uuid())
    return Environment.start({
      ...this.#dependencies,
      value,
      folder: own,
      zip: await code.get(value.code),
      variables,
      session,
      printed: () => {},
    })
  }

  #held(pooled: Pooled): Held {
    pooled.isBusy = true
    const release = (): void => {
      pooled.isBusy = false
      pooled.idleSinceMs = this.#dependencies.clock.monotonicMs()
      if (this.#isClosed || pooled.isRetired || !pooled.environment.isUsable) this.#end(pooled)
    }
    return {
      invoke: async (invocation) => {
        try {
          return await pooled.environment.invoke(invocation)
        } finally {
          release()
        }
      },
      release,
    }
  }

  #end(pooled: Pooled): void {
    if (!this.#pool.delete(pooled)) return
    const end = pooled.environment
      .end()
      .catch((error: unknown) => {
        this.#dependencies.log.warn(`the folder of an environment stays until the next start: ${error}`)
      })
      .finally(() => this.#ending.delete(end))
    this.#ending.add(end)
  }

  #sweepLater(): void {
    this.#dependencies.timers.after(IDLE_MS / 10, () => {
      if (this.#isClosed) return
      const now = this.#dependencies.clock.monotonicMs()
      for (const pooled of this.#pool) {
        if (!pooled.isBusy && now - pooled.idleSinceMs > IDLE_MS) this.#end(pooled)
      }
      this.#sweepLater()
    })
  }
}

/** Source: recorded answers of Lambda. */
function notAssumable(): LambdaError {
  return new LambdaError(
    'AccessDeniedException',
    'The role defined for the function cannot be assumed by Lambda.',
    { reason: 'the role does not exist any more, or its trust policy does not allow lambda.amazonaws.com' },
  )
}
