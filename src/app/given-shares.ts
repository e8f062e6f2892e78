import { systemClock } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { copyOf } from '../custody/root-keys.ts'
import type { UnlockPath } from '../custody/roots/envelope.ts'
import type { AskPassphrase } from '../custody/roots/passphrase.ts'
import { CollectedShares } from '../custody/roots/shares.ts'

/** How long the first shares wait for the others: holders come to their terminals one after the other. */
const WAIT_MS = 1_800_000

/** The shares that a sealed server has got for one path. */
export class GivenShares implements Disposable {
  readonly #collected: CollectedShares
  readonly #texts: Secret[] = []
  #lastAt = systemClock.monotonicMs()

  constructor({ id, parameters }: UnlockPath) {
    this.#collected = new CollectedShares(id, parameters)
  }

  /** Whether the shares have waited too long for others. */
  get isOver(): boolean {
    return systemClock.monotonicMs() - this.#lastAt > WAIT_MS
  }

  /** Takes a share. @returns what is still missing; nothing when there are enough. @throws SealError. */
  add(text: Secret): string | undefined {
    this.#collected.add(text)
    this.#texts.push(copyOf(text))
    this.#lastAt = systemClock.monotonicMs()
    const { numbers, threshold } = this.#collected
    if (numbers.length >= threshold) return undefined
    return `${numbers.length} of ${threshold} shares are given (${numbers.join(', ')})`
  }

  /** Answers with the shares in turn. */
  answer(): AskPassphrase {
    const left = this.#texts.values()
    return async () => {
      const { value } = left.next()
      if (value === undefined) throw new Error('no share is left')
      return copyOf(value)
    }
  }

  [Symbol.dispose](): void {
    this.#collected[Symbol.dispose]()
    for (const text of this.#texts) text[Symbol.dispose]()
    this.#texts.length = 0
  }
}
