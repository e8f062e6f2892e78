/**
 * Whether a history of one permission is linearizable: whether each call can have taken effect at one moment between
 * its beginning and its end, so that every use got what the last change before it had made true.
 */

/** A call on a permission: a change to a value, or a use that found one. Times are those of one clock. */
export type Operation = {
  readonly type: 'change' | 'use'
  readonly value: boolean
  readonly beganAt: number
  /** Nothing for a change whose outcome nobody knows: it may take effect at any time, or never. */
  readonly endedAt: number | undefined
  /** What a person reads about it. */
  readonly about: string
}

/**
 * A state of the permission, those calls in progress that have taken effect, and how many changes to true and to
 * false of unknown outcome have. These are alike, so only their number matters.
 */
type Possibility = {
  readonly value: boolean
  readonly done: ReadonlySet<Operation>
  readonly spent: { readonly true: number; readonly false: number }
}

/** What has begun and may take effect. */
type Open = { readonly known: Set<Operation>; readonly unknown: { true: number; false: number } }

/** The first call that no order explains; nothing when the history is linearizable. */
export function findViolation(initial: boolean, history: readonly Operation[]): Operation | undefined {
  const numbers = new Map(history.map((operation, index) => [operation, index]))
  const open: Open = { known: new Set(), unknown: { true: 0, false: 0 } }
  let possible: readonly Possibility[] = [{ value: initial, done: new Set(), spent: { true: 0, false: 0 } }]
  for (const { isEnd, operation } of pointsOf(history)) {
    if (!isEnd) {
      if (operation.endedAt === undefined) open.unknown[`${operation.value}`] += 1
      else open.known.add(operation)
      continue
    }
    possible = reached(possible, open, numbers).filter(({ done }) => done.has(operation))
    if (possible.length === 0) return operation
    open.known.delete(operation)
    const frontier = new Frontier(numbers)
    for (const one of possible)
      frontier.add({ ...one, done: new Set([...one.done].filter((call) => call !== operation)) })
    possible = frontier.all
  }
  return undefined
}

/** Beginnings and ends in order. At the same moment, beginnings come first: the calls may overlap. */
function pointsOf(history: readonly Operation[]) {
  return history
    .flatMap((operation) => {
      const begin = { at: operation.beganAt, isEnd: false, operation }
      if (operation.endedAt === undefined) return [begin]
      return [begin, { at: operation.endedAt, isEnd: true, operation }]
    })
    .sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd))
}

/** Everything that calls in progress may have made of what is possible. */
function reached(
  possible: readonly Possibility[],
  open: Open,
  numbers: ReadonlyMap<Operation, number>,
): readonly Possibility[] {
  const frontier = new Frontier(numbers)
  const waiting = possible.filter((one) => frontier.add(one))
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    for (const next of successors(one, open)) if (frontier.add(next)) waiting.push(next)
  }
  return frontier.all
}

function successors({ value, done, spent }: Possibility, open: Open): readonly Possibility[] {
  const next: Possibility[] = []
  for (const operation of open.known) {
    const isPossible = operation.type === 'change' || operation.value === value
    if (!done.has(operation) && isPossible)
      next.push({ value: operation.value, done: new Set([...done, operation]), spent })
  }
  const other = `${!value}` as const
  if (spent[other] < open.unknown[other])
    next.push({ value: !value, done, spent: { ...spent, [other]: spent[other] + 1 } })
  return next
}

/** Possibilities without those that another one makes worthless: the same, with fewer unknown changes left. */
class Frontier {
  readonly #numbers: ReadonlyMap<Operation, number>
  readonly #kept = new Map<string, Possibility[]>()

  constructor(numbers: ReadonlyMap<Operation, number>) {
    this.#numbers = numbers
  }

  get all(): readonly Possibility[] {
    return [...this.#kept.values()].flat()
  }

  /** Returns whether the possibility is new and worth something. */
  add(one: Possibility): boolean {
    const done = [...one.done].map((operation) => this.#numbers.get(operation) ?? 0)
    const name = `${one.value}:${done.sort((a, b) => a - b).join(',')}`
    const alike = this.#kept.get(name) ?? []
    const isWorse = ({ spent }: Possibility, than: Possibility): boolean =>
      spent.true >= than.spent.true && spent.false >= than.spent.false
    if (alike.some((kept) => isWorse(one, kept))) return false
    this.#kept.set(name, [...alike.filter((kept) => !isWorse(kept, one)), one])
    return true
  }
}
