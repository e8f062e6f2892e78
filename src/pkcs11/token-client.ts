import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Log } from '../base/log.ts'
import type { Clock, Timer, Timers } from '../base/ports.ts'
import { printable } from '../base/printable.ts'
import { TokenFailure, type TokenReason } from './failure.ts'
import {
  parseAnswer,
  type TokenAnswer,
  type TokenCall,
  type TokenPlace,
  type TokenRequest,
  type TokenResult,
} from './messages.ts'

/** A token that the operator has configured. */
export type ConfiguredToken = TokenPlace & {
  readonly name: string
  /** Variables for the library: nothing of the server's own environment is passed on. */
  readonly environment: Readonly<Record<string, string>>
}

/** The dependencies of a client. */
export type TokenClientDependencies = {
  readonly timeoutMs: number
  readonly timers: Timers
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Pick<Log, 'warn'>
}

/** Calls that wait for a token. With more, the next one is refused: its caller would wait too long. */
const WAITING_MAX = 256
/** A process starts, and a library is loaded, within this time. */
const OPEN_TIMEOUT_MS = 30_000
const BACK_OFF_FIRST_MS = 500
const BACK_OFF_MAX_MS = 60_000
/** What the log gets of what a library prints. */
const PRINTED_MAX_LENGTH = 300

/** The files whose PIN a token has refused, by token: kept as long as the process, since clients come and go. */
const REFUSED_PINS = new Map<string, string>()

const PROGRAM = fileURLToPath(import.meta.url.replace(/token-client(\.[jt]s)$/, 'token-process$1'))
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C' }

type Waiting = {
  readonly call: TokenCall
  readonly resolve: (result: TokenResult) => void
  readonly reject: (failure: TokenFailure) => void
  timer: Timer | undefined
}

/**
 * A token by way of a process of its own. Calls are sent one after another. A call that takes too long ends the process,
 * and with it every waiting call; the next process starts after a pause that doubles with each failure.
 */
export class TokenClient implements Disposable {
  readonly #token: ConfiguredToken
  readonly #dependencies: TokenClientDependencies
  readonly #waiting: Waiting[] = []
  #child: ChildProcess | undefined
  #sent: Waiting | undefined
  #nextId = 0
  #failures = 0
  #pausedUntilMs = 0
  #lastFailure: TokenFailure | undefined

  constructor(token: ConfiguredToken, dependencies: TokenClientDependencies) {
    this.#token = token
    this.#dependencies = dependencies
  }

  /** The result of a call. @throws TokenFailure. */
  async ask(call: TokenCall): Promise<TokenResult> {
    if (call.name !== 'facts') this.#checkPin()
    if (this.#waiting.length >= WAITING_MAX) throw this.#failure('Busy', 'too many calls wait for it')
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { call, resolve, reject, timer: undefined }
      this.#waiting.push(waiting)
      const limitMs = this.#child === undefined ? OPEN_TIMEOUT_MS : this.#dependencies.timeoutMs
      waiting.timer = this.#dependencies.timers.after(limitMs, () => this.#timeOut(waiting))
      this.#next()
    })
  }

  [Symbol.dispose](): void {
    this.#end(this.#failure('Failed', 'the server stops'))
  }

  /** Sends the next call, in a new process when there is none. */
  #next(): void {
    if (this.#sent !== undefined || this.#waiting.length === 0) return
    if (this.#child === undefined && !this.#start()) return
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return
    this.#sent = waiting
    this.#child?.channel?.ref()
    this.#send(waiting.call)
  }

  #send(call: TokenCall): void {
    this.#nextId += 1
    const request: TokenRequest = { id: this.#nextId, call }
    this.#child?.send(request, (error) => {
      if (error) this.#child?.kill('SIGKILL')
    })
  }

  /** Starts a process and opens the token in it. Returns whether it did. */
  #start(): boolean {
    const { clock, timers } = this.#dependencies
    if (clock.monotonicMs() < this.#pausedUntilMs) {
      this.#rejectAll(this.#lastFailure ?? this.#failure('Failed', 'it has failed'))
      return false
    }
    const child = spawn(
      process.execPath,
      ['--experimental-ffi', '--disable-sigusr1', '--no-warnings', PROGRAM],
      {
        cwd: '/',
        env: { ...ENVIRONMENT, ...this.#token.environment },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        serialization: 'advanced',
      },
    )
    this.#child = child
    child.unref()
    child.channel?.unref()
    let printed = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      printed = `${printed}${chunk.toString('utf8')}`.slice(0, PRINTED_MAX_LENGTH)
    })
    child.on('message', (message) => this.#answered(child, message))
    child.once('error', (cause) => this.#crashed(child, cause.message))
    child.once('exit', (status, signal) => {
      const [line = ''] = printed.trim().split('\n')
      const said = line === '' ? '' : `: ${printable(line)}`
      this.#crashed(child, `its process ended (${signal ?? `status ${status}`})${said}`)
    })
    const { module, label, serial, pinFile } = this.#token
    const opening: Waiting = {
      call: { name: 'open', place: { module, label, serial, pinFile } },
      resolve: () => {},
      reject: (failure) => this.#fail(failure),
      timer: undefined,
    }
    opening.timer = timers.after(OPEN_TIMEOUT_MS, () => this.#timeOut(opening))
    this.#waiting.unshift(opening)
    return true
  }

  #answered(child: ChildProcess, message: unknown): void {
    if (child !== this.#child) return
    const answer: TokenAnswer | undefined = parseAnswer(message)
    const sent = this.#sent
    if (answer === undefined || sent === undefined || answer.id !== this.#nextId) {
      this.#fail(this.#failure('Crashed', 'its process sent what is no answer'))
      return
    }
    this.#sent = undefined
    // A command ends when nothing waits for the token any more.
    child.channel?.unref()
    sent.timer?.cancel()
    if ('result' in answer) {
      if (sent.call.name !== 'open') this.#failures = 0
      sent.resolve(answer.result)
    } else {
      const { reason, message: text } = answer.failure
      if (reason === 'PinRefused') REFUSED_PINS.set(this.#pinOwner(), this.#pinIdentity())
      sent.reject(this.#failure(reason, text))
    }
    this.#next()
  }

  #crashed(child: ChildProcess, why: string): void {
    if (child === this.#child) this.#fail(this.#failure('Crashed', why))
  }

  #timeOut(waiting: Waiting): void {
    const failure = this.#failure('TimedOut', 'it did not answer in time')
    if (waiting === this.#sent) {
      this.#fail(failure)
      return
    }
    const at = this.#waiting.indexOf(waiting)
    if (at >= 0) this.#waiting.splice(at, 1)
    waiting.reject(failure)
  }

  /** Ends the process and all calls, and pauses before the next process. */
  #fail(failure: TokenFailure): void {
    const pauseMs = Math.min(BACK_OFF_FIRST_MS * 2 ** this.#failures, BACK_OFF_MAX_MS)
    this.#failures += 1
    this.#pausedUntilMs = this.#dependencies.clock.monotonicMs() + pauseMs
    this.#lastFailure = failure
    this.#dependencies.log.warn('the process of a token was ended', {
      token: this.#token.name,
      why: failure.message,
    })
    this.#end(failure)
  }

  #end(failure: TokenFailure): void {
    const child = this.#child
    this.#child = undefined
    child?.kill('SIGKILL')
    const sent = this.#sent
    this.#sent = undefined
    if (sent !== undefined) this.#reject(sent, failure)
    this.#rejectAll(failure)
  }

  #rejectAll(failure: TokenFailure): void {
    for (const waiting of this.#waiting.splice(0)) this.#reject(waiting, failure)
  }

  #reject(waiting: Waiting, failure: TokenFailure): void {
    waiting.timer?.cancel()
    // The opening is nobody's call: its end is this end.
    if (waiting.call.name !== 'open') waiting.reject(failure)
  }

  /** @throws TokenFailure for a PIN that was refused: another attempt with it could lock the token. */
  #checkPin(): void {
    const refused = REFUSED_PINS.get(this.#pinOwner())
    if (refused === undefined || refused !== this.#pinIdentity()) return
    const advice = `change ${this.#token.pinFile}`
    throw this.#failure(
      'PinRefused',
      `it refused the PIN, and is not asked again with the same one: ${advice}`,
    )
  }

  #pinOwner(): string {
    const { module, label, serial, pinFile } = this.#token
    return JSON.stringify([module, label, serial, pinFile])
  }

  #pinIdentity(): string {
    const stats = statSync(this.#token.pinFile, { throwIfNoEntry: false })
    return stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`
  }

  #failure(reason: TokenReason, why: string): TokenFailure {
    return new TokenFailure(reason, `token ${this.#token.name}: ${why}`)
  }
}
