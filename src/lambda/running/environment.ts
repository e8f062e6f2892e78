import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Timer, Timers } from '../../base/ports.ts'
import { unpackZip } from '../code-zip.ts'
import type { Variables } from '../environment-keys.ts'
import { type FunctionValue, functionArn, LATEST } from '../function-record.ts'
import type { RoleSession } from '../roles.ts'
import { type FunctionProcess, startProcess } from './function-process.ts'
import { LogTail } from './log-tail.ts'
import { ownMemoryBytes } from './memory.ts'
import { removeFolder } from './remove-folder.ts'
import { errorPayload, RuntimeApi, type RuntimeResult } from './runtime-api.ts'
import { programOf, type RuntimeSettings } from './runtimes.ts'

/** How long a runtime may take until it asks for its first event. Source: AWS Lambda Developer Guide, "Execution environment lifecycle". */
const INIT_TIMEOUT_MS = 10_000
/** How often the memory of a busy process is looked at. */
const MEMORY_LOOK_MS = 200
const BYTES_IN_MB = 1_048_576

/** What an environment is made of. */
export type NewEnvironment = {
  readonly value: FunctionValue
  /** A folder that does not exist. */
  readonly folder: string
  readonly zip: Uint8Array
  readonly variables: Variables
  readonly session: RoleSession
  readonly runtimes: RuntimeSettings
  readonly clock: Clock
  readonly timers: Timers
  /** Takes all that is printed. */
  readonly printed: (text: Uint8Array) => void
}

/** An invocation of an environment. */
export type Invocation = {
  readonly requestId: string
  readonly payload: Uint8Array
  readonly clientContext: string | undefined
}

/** What an invocation has come to, and the last lines that were printed. */
export type InvocationResult = RuntimeResult & { readonly log: Uint8Array }

/** A process of a function, for one invocation at a time. After a timeout or its end, it is of no more use. */
export class Environment {
  readonly value: FunctionValue
  readonly startedAtMs: number
  readonly #made: NewEnvironment
  readonly #api: RuntimeApi
  readonly #process: FunctionProcess
  readonly #tail: LogTail
  readonly #initialized: Promise<Uint8Array | undefined>
  #ended: string | undefined
  /** Why the runtime could not start; `null` when it has started. */
  #initError: Uint8Array | null | undefined

  private constructor(made: NewEnvironment, { api, process, tail, initialized }: Started) {
    this.value = made.value
    this.startedAtMs = made.clock.monotonicMs()
    this.#made = made
    this.#api = api
    this.#process = process
    this.#tail = tail
    this.#initialized = initialized
    void process.ended.then((how) => {
      this.#ended = how
    })
  }

  /** Unpacks the code into a folder of its own and starts the process. */
  static async start(made: NewEnvironment): Promise<Environment> {
    const { folder, zip, value } = made
    const task = join(folder, 'task')
    const temporary = join(folder, 'tmp')
    try {
      await mkdir(task, { recursive: true, mode: 0o700 })
      await mkdir(temporary, { mode: 0o700 })
      await unpackZip(zip, task)
    } catch (error) {
      await removeFolder(folder)
      throw error
    }
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>()
    const api = await RuntimeApi.open(resolve)
    const tail = new LogTail()
    const process = startProcess({
      ...programOf(made.runtimes, value),
      folder: task,
      environment: variablesOf(made, { task, temporary, address: api.address }),
      printed: (bytes) => {
        tail.add(bytes)
        made.printed(bytes)
      },
    })
    return new Environment(made, { api, process, tail, initialized: promise })
  }

  /** Whether the environment can take another event. */
  get isUsable(): boolean {
    return this.#ended === undefined
  }

  /** Invokes the function; an environment that has just been started first waits until its runtime is ready. */
  async invoke({ requestId, payload, clientContext }: Invocation): Promise<InvocationResult> {
    const { clock, value } = this.#made
    this.#tail.line(`START RequestId: ${requestId} Version: ${LATEST}`)
    const failed = await this.#initialize(requestId)
    const beganAtMs = clock.monotonicMs()
    const result =
      failed ??
      (await this.#bounded(
        requestId,
        value.timeoutSeconds * 1000,
        this.#api.deliver({
          requestId,
          payload,
          clientContext,
          deadline: clock.now() + value.timeoutSeconds * 1000,
          functionArn: functionArn(value),
        }),
      ))
    const tookMs = clock.monotonicMs() - beganAtMs
    this.#tail.line(`END RequestId: ${requestId}`)
    this.#tail.line(
      `REPORT RequestId: ${requestId}\tDuration: ${tookMs.toFixed(2)} ms\tMemory Size: ${value.memoryMb} MB`,
    )
    return { ...result, log: this.#tail.take() }
  }

  /** Ends the process and removes its folder. */
  async end(): Promise<void> {
    this.#ended ??= 'ended'
    this.#api.close()
    this.#process.kill()
    await this.#process.ended
    await removeFolder(this.#made.folder)
  }

  async #initialize(requestId: string): Promise<RuntimeResult | undefined> {
    if (this.#initError === undefined) {
      const failed = await this.#bounded(
        requestId,
        INIT_TIMEOUT_MS,
        this.#initialized.then((error) => ({ isError: error !== undefined, payload: error ?? NOTHING })),
      )
      this.#initError = failed.isError ? failed.payload : null
      // The next event gets a process of its own, as at AWS.
      if (failed.isError) this.#ended ??= 'it could not start'
    }
    return this.#initError === null ? undefined : { isError: true, payload: this.#initError }
  }

  /** The result, or an error when the process ends or the time is over before; then the process is ended. */
  async #bounded(requestId: string, maxMs: number, result: Promise<RuntimeResult>): Promise<RuntimeResult> {
    const late = Promise.withResolvers<RuntimeResult>()
    const lost = (failure: RuntimeResult): RuntimeResult => {
      this.#ended ??= 'of no more use'
      this.#api.forget()
      this.#process.kill()
      return failure
    }
    const timer = this.#made.timers.after(maxMs, () => late.resolve(timedOut(requestId, maxMs)))
    const stopWatching = this.#watchMemory(() => late.resolve(exited(requestId, 'signal: killed')))
    try {
      return await Promise.race([
        result,
        late.promise.then(lost),
        this.#process.ended.then((how) => lost(exited(requestId, how))),
      ])
    } finally {
      timer.cancel()
      stopWatching()
    }
  }

  /** Looks at the memory of the process again and again. Returns what ends that. */
  #watchMemory(exceeded: () => void): () => void {
    const { timers, value } = this.#made
    const { pid } = this.#process
    let timer: Timer | undefined
    let isOver = pid === undefined
    const look = async (): Promise<void> => {
      const bytes = pid === undefined ? undefined : await ownMemoryBytes(pid)
      if (isOver || bytes === undefined) return
      if (bytes > value.memoryMb * BYTES_IN_MB) exceeded()
      else timer = timers.after(MEMORY_LOOK_MS, () => void look())
    }
    timer = timers.after(MEMORY_LOOK_MS, () => void look())
    return () => {
      isOver = true
      timer?.cancel()
    }
  }
}

type Started = {
  readonly api: RuntimeApi
  readonly process: FunctionProcess
  readonly tail: LogTail
  readonly initialized: Promise<Uint8Array | undefined>
}

const NOTHING = new Uint8Array(0)

/** Source: recorded answers of Lambda. */
function timedOut(requestId: string, maxMs: number): RuntimeResult {
  const seconds = (maxMs / 1000).toFixed(2)
  const message = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`
  return { isError: true, payload: errorPayload('Sandbox.Timedout', message) }
}

/** Source: as {@link timedOut}. */
function exited(requestId: string, how: string): RuntimeResult {
  const message = `RequestId: ${requestId} Error: Runtime exited with error: ${how}`
  return { isError: true, payload: errorPayload('Runtime.ExitError', message) }
}

const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin'

/** Source: AWS Lambda Developer Guide, "Defined runtime environment variables". */
function variablesOf(
  { value, variables, session }: NewEnvironment,
  {
    task,
    temporary,
    address,
  }: { readonly task: string; readonly temporary: string; readonly address: string },
): Readonly<Record<string, string>> {
  return {
    PATH: SEARCH_PATH,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    HOME: temporary,
    TMPDIR: temporary,
    ...variables,
    _HANDLER: value.handler,
    AWS_REGION: value.region,
    AWS_DEFAULT_REGION: value.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${value.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: value.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(value.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: LATEST,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${value.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: LATEST,
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    AWS_LAMBDA_RUNTIME_API: address,
    LAMBDA_TASK_ROOT: task,
    LAMBDA_RUNTIME_DIR: task,
  }
}
