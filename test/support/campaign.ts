/**
 * For tests: the size of a campaign. A campaign tests something at every place or in very many ways. `npm test` and
 * `npm run check` run a slice of it. `npm run test:faults` sets `CAMPAIGNS=whole` and runs all of it.
 */

const WHOLE = process.env['CAMPAIGNS'] === 'whole'

/** The number of cases to run. */
export function cases(count: { readonly slice: number; readonly whole: number }): number {
  return WHOLE ? count.whole : count.slice
}

/** Whole numbers from `first` to `last`, both included: all of them, or about as many as a slice has. */
export function places(first: number, last: number, slice: number): readonly number[] {
  const step = WHOLE ? 1 : Math.max(1, Math.ceil((last - first) / slice))
  const all: number[] = []
  for (let place = first; place < last; place += step) all.push(place)
  return last < first ? all : [...all, last]
}
