import { fullGcra, type Gcra, hasRoom, take, usedMs } from '../../base/gcra.ts'
import type { Clock } from '../../base/ports.ts'
import { tooFast } from '../../dispatch/failures.ts'

/** A number of failed attempts, and how long each takes to be forgotten. */
type Limit = { readonly failuresMax: number; readonly forgottenAfterMs: number }

/**
 * The limits of each kind of attempts: 10 wrong passwords, 10 wrong codes and 10 wrong pairs of codes, which enable or resynchronize a device, of one user in an hour, 50 failed
 * sign-ins of one address, whoever they are for, and 20 failed sign-ins of all known browsers of one user together: each
 * sign-in makes one known, so whoever had the password for a while may have many. Source: NIST SP 800-63B-4, section 3.2.2,
 * which allows 100 for one user.
 */
const LIMITS = {
  password: { failuresMax: 10, forgottenAfterMs: 360_000 },
  code: { failuresMax: 10, forgottenAfterMs: 360_000 },
  resync: { failuresMax: 10, forgottenAfterMs: 360_000 },
  address: { failuresMax: 50, forgottenAfterMs: 72_000 },
  known: { failuresMax: 20, forgottenAfterMs: 180_000 },
} as const satisfies Record<string, Limit>

/** Users, or addresses, of whom one process remembers attempts of one kind: the oldest are forgotten first. */
const REMEMBERED_MAX = 10_000

/** The kinds of attempts: the secrets that can be guessed, and the addresses, or the known browsers, that guess. */
export type AttemptKind = keyof typeof LIMITS

/** The latest request of somebody, and whether its attempt counts as failed. */
type Remembered = { readonly gcra: Gcra; readonly requestId: string; isCounted: boolean }

/** One attempt: see {@link Attempts.begin}. */
type Attempt = { readonly kind: AttemptKind; readonly who: string; readonly requestId: string }

/** Attempts to authenticate by a secret that can be guessed: a password, or the code of an MFA device. */
export class Attempts {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #kinds: Readonly<Record<AttemptKind, Map<string, Remembered>>> = {
    password: new Map(),
    code: new Map(),
    resync: new Map(),
    address: new Map(),
    known: new Map(),
  }

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /**
   * Counts an attempt as failed until {@link takeBack} is called, so that concurrent attempts count too.
   *
   * @param kind the attempts of each kind are counted apart: whoever knows the password of a user can still only guess at
   *   codes.
   * @param requestId of the call: an operation that runs again from its reads makes one attempt.
   * @throws ThrottlingException when too many have failed.
   */
  begin(kind: AttemptKind, who: string, requestId: string): void {
    const { failuresMax, forgottenAfterMs } = LIMITS[kind]
    const remembered = this.#kinds[kind]
    const now = this.#clock.monotonicMs()
    const present = remembered.get(who)
    if (present?.requestId === requestId && present.isCounted) return
    const gcra = present?.gcra ?? fullGcra()
    if (!hasRoom(gcra, now, failuresMax * forgottenAfterMs, forgottenAfterMs)) throw tooFast('iam')
    take(gcra, now, forgottenAfterMs)
    remembered.delete(who)
    remembered.set(who, { gcra, requestId, isCounted: true })
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED_MAX) break
      remembered.delete(oldest)
    }
  }

  /**
   * Stops counting an attempt, because the secret was right, or was not compared. Failed attempts before it still count:
   * otherwise, a guesser would learn that a user exists from the user's own sign-ins.
   *
   * Somebody of whom nothing is left to count is forgotten at once: a flood of attempts that do not count, under many
   * names, must not push out the failures of others.
   */
  takeBack(kind: AttemptKind, who: string, requestId: string): void {
    const remembered = this.#kinds[kind]
    const present = remembered.get(who)
    if (present === undefined) return
    if (present.requestId === requestId) {
      if (!present.isCounted) return
      present.isCounted = false
    }
    present.gcra.fullAtMs -= LIMITS[kind].forgottenAfterMs
    if (usedMs(present.gcra, this.#clock.monotonicMs()) === 0) remembered.delete(who)
  }

  /** Returns how many attempts count as failed. */
  failures(kind: AttemptKind, who: string): number {
    const gcra = this.#kinds[kind].get(who)?.gcra ?? fullGcra()
    return Math.ceil(usedMs(gcra, this.#clock.monotonicMs()) / LIMITS[kind].forgottenAfterMs)
  }

  /**
   * Compares a password or code, and counts the attempt if it is wrong. A comparison that fails, because too many others
   * wait, is no wrong attempt.
   *
   * @throws ThrottlingException when too many have failed, and what the comparison throws.
   */
  async compare({ kind, who, requestId }: Attempt, compare: () => Promise<boolean>): Promise<boolean> {
    this.begin(kind, who, requestId)
    let isWrong = false
    try {
      const matches = await compare()
      isWrong = !matches
      return matches
    } finally {
      if (!isWrong) this.takeBack(kind, who, requestId)
    }
  }
}
