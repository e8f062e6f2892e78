import { fullGcra, type Gcra, hasRoom, take } from '../../base/gcra.ts'
import type { Clock } from '../../base/ports.ts'
import { tooFast } from '../../dispatch/failures.ts'

/**
 * Wrong passwords, or codes, of one user in a row, and how long each takes to be forgotten: 10 in an hour. Source: NIST
 * SP 800-63B-4, section 3.2.2, which allows 100 in a row at most.
 */
const FAILURES_MAX = 10
const FORGOTTEN_AFTER_MS = 360_000
const DEPTH_MS = FAILURES_MAX * FORGOTTEN_AFTER_MS

/** Users of whom one process remembers attempts: the oldest are forgotten first. */
const REMEMBERED_MAX = 10_000

/** The kinds of secrets that can be guessed. */
export type SecretKind = 'password' | 'code'

/** Attempts to authenticate by a secret that can be guessed: a password, or the code of an MFA device. */
export class Attempts {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #users = new Map<string, { readonly gcra: Gcra; readonly requestId: string }>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /**
   * Counts an attempt as failed until {@link succeeded} is told otherwise, so that attempts at the same time count too.
   *
   * @param secret the attempts of each kind are counted apart: whoever knows the password of a user can still only guess at codes.
   * @param requestId of the call: an operation that runs again from its reads makes one attempt.
   * @throws ThrottlingException when too many have failed.
   */
  begin(secret: SecretKind, userId: string, requestId: string): void {
    const who = `${secret} ${userId}`
    const now = this.#clock.monotonicMs()
    const present = this.#users.get(who)
    if (present?.requestId === requestId) return
    const gcra = present?.gcra ?? fullGcra()
    if (!hasRoom(gcra, now, DEPTH_MS, FORGOTTEN_AFTER_MS)) throw tooFast('iam')
    take(gcra, now, FORGOTTEN_AFTER_MS)
    this.#users.delete(who)
    this.#users.set(who, { gcra, requestId })
    for (const oldest of this.#users.keys()) {
      if (this.#users.size <= REMEMBERED_MAX) break
      this.#users.delete(oldest)
    }
  }

  /** Forgets the failed attempts: the secret was right. */
  succeeded(secret: SecretKind, userId: string): void {
    this.#users.delete(`${secret} ${userId}`)
  }
}
