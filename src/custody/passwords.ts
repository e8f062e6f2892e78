import { KmsError } from '../api/errors.ts'
import { equalConstantTime, parseBase64, toBase64, utf8 } from '../base/bytes.ts'
import { OffloadError } from '../base/offload.ts'
import type { Random } from '../base/ports.ts'
import { RankedGate } from '../base/ranked-gate.ts'
import { type Argon2Cost, argon2id } from '../crypto/argon2.ts'

/** Source: RFC 9106, section 4, the second recommended option: 64 MiB, 3 passes, 4 lanes. */
const COST: Argon2Cost = { memoryKib: 65_536, passes: 3, lanes: 4 }
/** Source: the same. */
const SALT_BYTES = 16

/** Hashes that one process computes at the same time: each takes 64 MiB and a core. */
const HASHES_AT_ONCE = 1
/** Calls of one process that wait for a hash. At a quarter of a second each, the last one waits for some seconds. */
const HASHES_WAITING_MAX = 16
/** Calls of one account, or of the sign-ins from one network, that wait for a hash or compute one: the other places stay free for other accounts. */
const HASHES_OF_ACCOUNT_MAX = 4

/** The hash of a password, and the parameters to compute it again. */
export type PasswordHash = Argon2Cost & {
  readonly algorithm: 'argon2id'
  /** Base64. */
  readonly salt: string
  /** Base64. */
  readonly hash: string
}

/** Whose calls wait together, and how many attempts from there have failed. */
type Share = { readonly account: string; readonly failures: number }

/**
 * Hashes passwords, and compares them with hashes. A bounded number of calls wait, so that attempts to sign in
 * starve nobody else: first come those of whose share the fewest have failed, then those whose share has the fewest calls.
 */
export class Passwords {
  readonly #random: Random
  readonly #gate: RankedGate
  /** Hashes that are computed or waited for, by account. */
  readonly #pending = new Map<string, number>()

  constructor(random: Random) {
    this.#random = random
    this.#gate = new RankedGate({ atOnce: HASHES_AT_ONCE, waitingMax: HASHES_WAITING_MAX })
  }

  /**
   * The hash of a new password.
   *
   * @param account whose user it is for.
   * @param like an earlier hash of the same user: if its cost is that of new hashes, the new hash has the same salt, so
   *   that one computation compares a password with all of them.
   * @throws ThrottlingException when too many hashes wait.
   */
  async hash(account: string, password: string, like?: PasswordHash): Promise<PasswordHash> {
    const isLike = like !== undefined && costOf(like) === costOf(COST)
    const salt = isLike ? like.salt : toBase64(this.#random.bytes(SALT_BYTES))
    return {
      ...COST,
      algorithm: 'argon2id',
      salt,
      hash: toBase64(await this.#compute({ account, failures: 0 }, password, salt, COST)),
    }
  }

  /**
   * Whether a password has one of these hashes. It takes as long when there are none, so that the time does not tell
   * whether there is a password.
   *
   * @param account as for {@link hash}.
   * @param failures attempts from the same source that have failed: the comparison waits behind those with fewer. With a
   *   number below zero, one call of the source at a time comes first.
   * @throws ThrottlingException when too many hashes wait.
   */
  async matchesAny(
    account: string,
    password: string,
    hashes: readonly PasswordHash[],
    failures = 0,
  ): Promise<boolean> {
    const computed = new Map<string, Uint8Array>()
    let matches = false
    for (const hash of hashes.length > 0 ? hashes : [this.#noHash()]) {
      const key = `${costOf(hash)} ${hash.salt}`
      const bytes =
        computed.get(key) ?? (await this.#compute({ account, failures }, password, hash.salt, hash))
      computed.set(key, bytes)
      const isSame = equalConstantTime(bytes, parseBase64(hash.hash) ?? new Uint8Array(0))
      matches = isSame || matches
    }
    return matches && hashes.length > 0
  }

  #noHash(): PasswordHash {
    return { ...COST, algorithm: 'argon2id', salt: toBase64(this.#random.bytes(SALT_BYTES)), hash: '' }
  }

  async #compute(
    { account, failures }: Share,
    password: string,
    salt: string,
    cost: Argon2Cost,
  ): Promise<Uint8Array> {
    const pending = this.#pending.get(account) ?? 0
    if (pending >= HASHES_OF_ACCOUNT_MAX) throw tooMany()
    this.#pending.set(account, pending + 1)
    const message = utf8(password)
    // Of a share that comes before all others, one call does: its next ones would keep everybody else waiting for ever.
    const counted = pending === 0 ? failures : Math.max(failures, 0)
    const rank = counted * HASHES_OF_ACCOUNT_MAX + pending
    try {
      return await this.#gate.run(rank, () => argon2id(message, parseBase64(salt) ?? new Uint8Array(0), cost))
    } catch (error) {
      if (!(error instanceof OffloadError) || error.reason !== 'full') throw error
      throw tooMany({ cause: error })
    } finally {
      message.fill(0)
      this.#leave(account)
    }
  }

  #leave(account: string): void {
    const left = (this.#pending.get(account) ?? 1) - 1
    if (left === 0) this.#pending.delete(account)
    else this.#pending.set(account, left)
  }
}

function tooMany(options?: ErrorOptions): KmsError {
  return new KmsError('ThrottlingException', 'Rate exceeded', options)
}

function costOf({ memoryKib, passes, lanes }: Argon2Cost): string {
  return `${memoryKib} ${passes} ${lanes}`
}
