import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { assert } from '../base/assert.ts'
import type { Log } from '../base/log.ts'
import type { Clock, Timer, Timers } from '../base/ports.ts'
import { printable } from '../base/printable.ts'
import { TokenFailure, type TokenReason } from './failure.ts'
import { FrameReader } from './frames.ts'
import {
  encodeCall,
  parseAnswer,
  type TokenAnswer,
  type TokenCall,
  type TokenPlace,
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
  readonly pins: PinGuard
}

/** What all processes of a deployment know of refused PINs. A token locks its PIN after a few that are wrong. */
export type PinGuard = {
  /** Waits until no other process logs in to a token. @throws Error when that takes too long. */
  readonly claim: (token: string) => Promise<Disposable>
  /** The file whose PIN the token has refused, by what identifies its content. */
  readonly refused: (token: string) => string | undefined
  readonly refuse: (token: string, file: string) => void
}

/** Calls that wait for a token. With more, the next one is refused: its caller would wait too long. */
const WAITING_MAX = 256
/** A process starts, and a library is loaded, within this time. */
const OPEN_TIMEOUT_MS = 30_000
const BACK_OFF_FIRST_MS = 500
const BACK_OFF_MAX_MS = 60_000
/** What the log gets of what a library prints. */
const PRINTED_MAX_LENGTH = 300

const PROGRAM = fileURLToPath(import.meta.url.replace(/token-client(\.[jt]s)$/, 'token-process$1'))
/** The descriptor of the connection to a process. */
const CHANNEL = 3
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C' }

type Waiting = {
  readonly call: TokenCall
  readonly resolve: (result: TokenResult) => void
  readonly reject: (failure: TokenFailure) => void
  timer: Timer | undefined
  /** Set for what the client itself asks: runs when its process ends. */
  readonly ended?: () => void
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
  #channel: Socket | undefined
  #sent: Waiting | undefined
  #nextId = 0
  #failures = 0
  #pausedUntilMs = 0
  #lastFailure: TokenFailure | undefined
  /** Whether the process has logged in: by itself it does so again only with a PIN that the token took before. */
  #isLoggedIn = false
  #isClaiming = false

  constructor(token: ConfiguredToken, dependencies: TokenClientDependencies) {
    this.#token = token
    this.#dependencies = dependencies
  }

  /** The result of a call. @throws TokenFailure. */
  async ask(call: TokenCall): Promise<TokenResult> {
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
    if (this.#sent !== undefined || this.#isClaiming || this.#waiting.length === 0) return
    if (this.#child === undefined && !this.#start()) return
    const [first] = this.#waiting
    if (first === undefined) return
    if (!this.#isLoggedIn && first.ended === undefined && needsLogin(first.call)) {
      void this.#logIn()
      return
    }
    this.#waiting.shift()
    this.#sendNow(first)
  }

  /**
   * Logs in, while no other process of the deployment does: of several that start with a wrong PIN, one tries it, and the
   * others see that it was refused.
   */
  async #logIn(): Promise<void> {
    const child = this.#child
    this.#isClaiming = true
    let claim: Disposable | undefined
    try {
      claim = await this.#dependencies.pins.claim(this.#token.name)
      this.#checkPin()
    } catch (error) {
      claim?.[Symbol.dispose]()
      this.#isClaiming = false
      this.#rejectUsers(error instanceof TokenFailure ? error : this.#failure('Busy', String(error)))
      this.#next()
      return
    }
    this.#isClaiming = false
    const held = claim
    const release = (): void => held[Symbol.dispose]()
    if (child === undefined || child !== this.#child) {
      release()
      this.#next()
      return
    }
    const login: Waiting = {
      call: { name: 'login', password: undefined },
      resolve: () => {
        this.#isLoggedIn = true
        release()
      },
      reject: (failure) => {
        release()
        this.#rejectUsers(failure)
      },
      timer: undefined,
      ended: release,
    }
    login.timer = this.#dependencies.timers.after(OPEN_TIMEOUT_MS, () => this.#timeOut(login))
    this.#sendNow(login)
  }

  #sendNow(waiting: Waiting): void {
    this.#sent = waiting
    this.#channel?.ref()
    this.#send(waiting.call)
  }

  #send(call: TokenCall): void {
    this.#nextId += 1
    const bytes = encodeCall(this.#nextId, call)
    // A process that has ended is noticed by its end.
    this.#channel?.write(bytes, () => bytes.fill(0))
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
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      },
    )
    this.#child = child
    child.unref()
    const channel = child.stdio[CHANNEL]
    assert(channel instanceof Socket, 'the connection to a process')
    this.#channel = channel
    channel.unref()
    let printed = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      printed = `${printed}${chunk.toString('utf8')}`.slice(0, PRINTED_MAX_LENGTH)
    })
    const reader = new FrameReader()
    channel.on('data', (chunk: Buffer) => this.#received(child, reader, chunk))
    // What breaks is noticed by the end of the process.
    for (const stream of [channel, child.stderr]) stream?.on('error', () => {})
    child.on('error', (cause) => this.#crashed(child, cause.message))
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
      ended: () => {},
    }
    opening.timer = timers.after(OPEN_TIMEOUT_MS, () => this.#timeOut(opening))
    this.#waiting.unshift(opening)
    return true
  }

  /** The library of a process may write anything, so nothing of it is taken on trust. */
  #received(child: ChildProcess, reader: FrameReader, chunk: Uint8Array): void {
    if (child !== this.#child) return
    try {
      for (const frame of reader.push(chunk)) this.#answered(child, parseAnswer(frame))
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      this.#crashed(child, `its process sent what is no answer: ${why}`)
    }
  }

  #answered(child: ChildProcess, answer: TokenAnswer | undefined): void {
    if (child !== this.#child) return
    const sent = this.#sent
    if (answer === undefined || sent === undefined || answer.id !== this.#nextId) {
      this.#fail(this.#failure('Crashed', 'its process sent what is no answer'))
      return
    }
    this.#sent = undefined
    // A command ends when nothing waits for the token any more.
    this.#channel?.unref()
    sent.timer?.cancel()
    if ('result' in answer) {
      if (sent.ended === undefined) this.#failures = 0
      sent.resolve(answer.result)
    } else {
      const { reason, message: text } = answer.failure
      const failure = this.#failure(reason, text)
      if (reason === 'PinRefused') {
        this.#isLoggedIn = false
        this.#dependencies.pins.refuse(this.#token.name, this.#pinIdentity())
        this.#rejectUsers(failure)
      }
      sent.reject(failure)
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
    this.#channel?.destroy()
    this.#channel = undefined
    this.#isLoggedIn = false
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
    if (waiting.ended === undefined) waiting.reject(failure)
    else waiting.ended()
  }

  /** Rejects the waiting calls that need a login. */
  #rejectUsers(failure: TokenFailure): void {
    const others = this.#waiting.filter(({ call }) => !needsLogin(call))
    const users = this.#waiting.filter(({ call }) => needsLogin(call))
    this.#waiting.splice(0, this.#waiting.length, ...others)
    for (const user of users) this.#reject(user, failure)
  }

  /** @throws TokenFailure for a PIN that was refused: another attempt with it could lock the token. */
  #checkPin(): void {
    const refused = this.#dependencies.pins.refused(this.#token.name)
    if (refused === undefined || refused !== this.#pinIdentity()) return
    const advice = `change ${this.#token.pinFile}`
    throw this.#failure(
      'PinRefused',
      `it refused the PIN, and is not asked again with the same one: ${advice}`,
    )
  }

  #pinIdentity(): string {
    const stats = statSync(this.#token.pinFile, { throwIfNoEntry: false })
    if (stats === undefined) return 'none'
    return [this.#token.pinFile, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ')
  }

  #failure(reason: TokenReason, why: string): TokenFailure {
    return new TokenFailure(reason, `token ${this.#token.name}: ${why}`)
  }
}

function needsLogin({ name }: TokenCall): boolean {
  return name !== 'open' && name !== 'facts'
}
