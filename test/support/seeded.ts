/** For tests: pseudo-random choices from a seed. */

const TWO_TO_32 = 2 ** 32

/** A sequence of choices that depends only on its seed. */
export type Seeded = {
  /** A whole number from 0 up to the limit, which is excluded. */
  readonly below: (limit: number) => number
  readonly pick: <T>(items: readonly T[]) => T
  /** True once in this many calls, on average. */
  readonly oneIn: (count: number) => boolean
}

/** The generator `mulberry32`. It is not for secrets. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / TWO_TO_32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    oneIn: (count) => below(count) === 0,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('no items to pick from')
      return item
    },
  }
}
