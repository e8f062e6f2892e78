import type { Change } from '../store/records.ts'

/**
 * Calls of this process that may wait for one record. Holdfast throttles the next call, unless its caller has
 * no other in the queue. With one commit each, 256 calls take about a second on a disk that syncs in 4 ms.
 */
export const QUEUE_MAX = 256

type Waiting = {
  readonly isUrgent: boolean
  readonly whose: string
  /** How many calls of the same caller waited when this one arrived. */
  readonly before: number
  readonly go: () => void
}

/** The waiting calls, for each record that a call holds. */
type Queues = Map<string, Waiting[]>

/**
 * One queue for each record: the calls of this process that change it wait for their turn. Each reads what the call
 * before it has committed, so calls do not overtake each other. Other processes do not wait: versions decide between
 * them.
 */
export class RecordQueues {
  readonly #queues: Queues = new Map()

  /**
   * @param isUrgent whether the call goes before others: a call that takes permissions away does.
   * @param whose the caller. Callers take turns, so a caller with many calls does not delay the others.
   */
  turn(isUrgent: () => boolean, whose = ''): Turn {
    return new Turn(this.#queues, isUrgent, whose)
  }

  /** How many records calls hold. */
  get size(): number {
    return this.#queues.size
  }
}

/** Too many calls wait for a record. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull'
}

/** The records that one call holds. */
class Turn {
  readonly #queues: Queues
  readonly #isUrgent: () => boolean
  readonly #whose: string
  readonly #held: string[] = []

  constructor(queues: Queues, isUrgent: () => boolean, whose: string) {
    this.#queues = queues
    this.#whose = whose
    this.#isUrgent = isUrgent
  }

  /**
   * Takes the records that a call is about to change. If another call holds one of them, returns a promise;
   * when it resolves, this call holds that record and must read again. A call that holds a record waits for
   * no other, so that no two wait for each other; its commit may then conflict.
   *
   * @throws QueueFull when too many calls wait.
   */
  take(changes: readonly Change[]): Promise<void> | undefined {
    if (changes.length === 0) return undefined
    const keys = changes.map(({ kind, partition, name }) => `${kind}\0${partition}\0${name}`)
    const busy = this.#held.length === 0 ? keys.find((key) => this.#queues.has(key)) : undefined
    if (busy !== undefined) return this.#wait(busy, this.#queues.get(busy) ?? [])
    for (const key of keys) {
      if (this.#queues.has(key)) continue
      this.#queues.set(key, [])
      this.#held.push(key)
    }
    return undefined
  }

  /** Releases the records. The first call in the queue of each record holds it from now on. */
  release(): void {
    for (const key of this.#held) {
      const next = this.#queues.get(key)?.shift()
      if (next === undefined) this.#queues.delete(key)
      else next.go()
    }
    this.#held.length = 0
  }

  #wait(key: string, queue: Waiting[]): Promise<void> {
    const isUrgent = this.#isUrgent()
    const whose = this.#whose
    const before = queue.filter((waiting) => waiting.whose === whose).length
    if (queue.length >= QUEUE_MAX && !isUrgent && before > 0) throw new QueueFull()
    return new Promise((resolve) => {
      const go = (): void => {
        this.#held.push(key)
        resolve()
      }
      const next = queue.findIndex((other) =>
        other.isUrgent === isUrgent ? other.before > before : isUrgent,
      )
      queue.splice(next < 0 ? queue.length : next, 0, { isUrgent, whose, before, go })
    })
  }
}
