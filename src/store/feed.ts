import type { FeedPosition } from './port.ts'

/**
 * The position up to which each shard of the feed was followed, and the changes of this process beyond it.
 * The cache has what these wrote, so it need not read them.
 */
export class FollowedFeed {
  readonly #positions: Map<number, number>
  /** For each shard, the sequences beyond its position, in order. */
  readonly #own = new Map<number, Set<number>>()
  /** The number of known changes: those up to the positions, and the own ones beyond them. */
  #known = 0

  constructor(positions: FeedPosition) {
    this.#positions = new Map(positions)
    for (const sequence of positions.values()) this.#known += sequence
  }

  /** The position up to which a shard was followed. */
  positionOf(shard: number): number {
    return this.#positions.get(shard) ?? 0
  }

  /**
   * Notes an own change; returns whether it is beyond the position, so that later changes will be seen too.
   */
  noteOwn(shard: number, sequence: number): boolean {
    if (sequence <= this.positionOf(shard)) return false
    const own = this.#own.get(shard) ?? new Set()
    this.#own.set(shard, own.add(sequence))
    this.#known += 1
    return true
  }

  isOwn(shard: number, sequence: number): boolean {
    return this.#own.get(shard)?.has(sequence) === true
  }

  /**
   * Moves all positions to the ends without reading, if only own changes are new. Returns whether that is so.
   *
   * @param count of all changes ever made, including own ones that are not noted yet.
   */
  skipOwn(count: number): boolean {
    if (count !== this.#known) return false
    for (const [shard, own] of this.#own) this.#positions.set(shard, this.positionOf(shard) + own.size)
    this.#own.clear()
    return true
  }

  /** The same for one shard whose last sequence is known. */
  skipOwnOf(shard: number, head: number): boolean {
    let count = 0
    for (const sequence of this.#own.get(shard) ?? []) if (sequence <= head) count += 1
    if (count === 0 || count !== head - this.positionOf(shard)) return false
    this.moveTo(shard, head)
    return true
  }

  /** Notes that a shard was followed up to a sequence. */
  moveTo(shard: number, sequence: number): void {
    const moved = sequence - this.positionOf(shard)
    let own = 0
    for (const one of this.#own.get(shard) ?? []) {
      if (one > sequence) continue
      this.#own.get(shard)?.delete(one)
      own += 1
    }
    if (this.#own.get(shard)?.size === 0) this.#own.delete(shard)
    this.#positions.set(shard, sequence)
    this.#known += moved - own
  }
}
