import type { Change } from '../store/records.ts'

/**
 * Calls of this process that may wait for one record; one more is throttled, but for the first of its caller. At a commit
 * each they are done in about a second on a disk that syncs in 4 ms.
 */
export const QUEUE_MAX = 256

type Waiting = {
  readonly isUrgent: boolean
  readonly whose: string
  /** How many calls of the same caller waited already when it came. */
  readonly before: number
  readonly go: () => void
}

/** The calls that wait, for each record that a call holds. */
type Queues = Map<string, Waiting[]>

/**
 * One queue for each record: the calls of this process that change it wait for their turn. Each reads what the call
 * before it has committed, so calls do not overtake each other. Other processes do not wait: versions decide between
 * them.
 */
export class RecordQueues {
  readonly #queues: Queues = new Map()

  /**
   * @param isUrgent Whether the call goes before others that wait: one that takes permissions away does.
   * @param whose Callers take turns: one with many calls keeps nobody else waiting.
   */
  turn(isUrgent: () => boolean, whose = ''): Turn {
    return new Turn(this.#queues, isUrgent, whose)
  }

  /** How many records somebody holds. */
  get size(): number {
    return this.#queues.size
  }
}

/** Too many calls wait for a record. */
export class QueueFull extends Error {
  override readonly name = 'LineFull'
}

/** What one call holds. */
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
   * Takes the records that a call is about to change. Where somebody else holds one of them, gives a promise of it: once
   * it is held, the call has to read again. A call that holds any waits for no other, so that no two wait for each other;
   * it may meet a conflict then.
   *
   * @throws LineFull when too many wait already.
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

  /** Gives free what is held: of each record, the first who waits holds it from now on. */
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
