import type { Change } from '../store/records.ts'

/**
 * Calls of this process that may wait for one record; one more is throttled, but for the first of its caller. At a commit
 * each they are done in about a second on a disk that syncs in 4 ms.
 */
export const LINE_MAX = 256

type Waiting = {
  readonly isUrgent: boolean
  readonly whose: string
  /** How many calls of the same caller waited already when it came. */
  readonly before: number
  readonly go: () => void
}

/** Who waits for each record that somebody holds. */
type Lines = Map<string, Waiting[]>

/**
 * Lines of calls that change the same records: each waits for its turn, and reads what the one before it has committed,
 * instead of overtaking others and being overtaken. Other processes do not wait: versions decide between them.
 */
export class RecordLines {
  readonly #lines: Lines = new Map()

  /**
   * @param isUrgent Whether the call goes before others that wait: one that takes permissions away does.
   * @param whose Callers take turns: one with many calls keeps nobody else waiting.
   */
  turn(isUrgent: () => boolean, whose = ''): Turn {
    return new Turn(this.#lines, isUrgent, whose)
  }

  /** How many records somebody holds. */
  get size(): number {
    return this.#lines.size
  }
}

/** Too many calls wait for a record. */
export class LineFull extends Error {
  override readonly name = 'LineFull'
}

/** What one call holds. */
class Turn {
  readonly #lines: Lines
  readonly #isUrgent: () => boolean
  readonly #whose: string
  readonly #held: string[] = []

  constructor(lines: Lines, isUrgent: () => boolean, whose: string) {
    this.#lines = lines
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
    const busy = this.#held.length === 0 ? keys.find((key) => this.#lines.has(key)) : undefined
    if (busy !== undefined) return this.#wait(busy, this.#lines.get(busy) ?? [])
    for (const key of keys) {
      if (this.#lines.has(key)) continue
      this.#lines.set(key, [])
      this.#held.push(key)
    }
    return undefined
  }

  /** Gives free what is held: of each record, the first who waits holds it from now on. */
  release(): void {
    for (const key of this.#held) {
      const next = this.#lines.get(key)?.shift()
      if (next === undefined) this.#lines.delete(key)
      else next.go()
    }
    this.#held.length = 0
  }

  #wait(key: string, line: Waiting[]): Promise<void> {
    const isUrgent = this.#isUrgent()
    const whose = this.#whose
    const before = line.filter((waiting) => waiting.whose === whose).length
    if (line.length >= LINE_MAX && !isUrgent && before > 0) throw new LineFull()
    return new Promise((resolve) => {
      const go = (): void => {
        this.#held.push(key)
        resolve()
      }
      const next = line.findIndex((other) => (other.isUrgent === isUrgent ? other.before > before : isUrgent))
      line.splice(next < 0 ? line.length : next, 0, { isUrgent, whose, before, go })
    })
  }
}
