import type { Change } from '../store/records.ts'

/**
 * Calls of this process that may wait for one record; one more is throttled. At a commit each they are done in about a
 * second on a disk that syncs in 4 ms.
 */
export const LINE_MAX = 256

type Waiting = { readonly isUrgent: boolean; readonly go: () => void }

/** Who waits for each record that somebody holds. */
type Lines = Map<string, Waiting[]>

/**
 * Lines of calls that change the same records: each waits for its turn, and reads what the one before it has committed,
 * instead of overtaking others and being overtaken. Other processes do not wait: versions decide between them.
 */
export class RecordLines {
  readonly #lines: Lines = new Map()

  /** @param isUrgent Whether the call goes before others that wait: one that takes permissions away does. */
  turn(isUrgent: () => boolean): Turn {
    return new Turn(this.#lines, isUrgent)
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
  readonly #held: string[] = []

  constructor(lines: Lines, isUrgent: () => boolean) {
    this.#lines = lines
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
    if (line.length >= LINE_MAX && !isUrgent) throw new LineFull()
    return new Promise((resolve) => {
      const go = (): void => {
        this.#held.push(key)
        resolve()
      }
      const usual = isUrgent ? line.findIndex((waiting) => !waiting.isUrgent) : -1
      line.splice(usual < 0 ? line.length : usual, 0, { isUrgent, go })
    })
  }
}
