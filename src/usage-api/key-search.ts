import type { EpochMs } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import type { KeyState } from '../kms/keys/key-record.ts'
import { stateWithoutStore } from '../kms/keys/key-state.ts'
import type { KeySummary } from '../kms/keys/key-summary.ts'
import type { Catalogue } from './key-catalogue.ts'

/** The members of a key that a filter can name. */
export const FILTER_NAMES = [
  ...['KeyState', 'KeySpec', 'KeyUsage', 'Origin', 'KeyManager', 'MultiRegion', 'CustomKeyStoreId'],
  ...['KeyId', 'Alias', 'Description', 'TagKey', 'TagValue', 'Tag'],
] as const

/** The members that sort a list. */
export const SORT_NAMES = [
  ...['KeyId', 'Alias', 'Description', 'CreationDate', 'KeyState', 'KeySpec', 'KeyUsage', 'Origin'],
  ...['LastUsedDate', 'DeletionDate'],
] as const

/** A condition on one member: any of the values, or, with a `!` before each, none of them. */
type KeyFilter = {
  readonly Name: (typeof FILTER_NAMES)[number]
  readonly Values: readonly string[]
}

/** A search among keys. All conditions must hold. */
export type KeySearch = {
  readonly filters: readonly KeyFilter[]
  /** Contained in the key ID, an alias, the description, or the key or value of a tag; in any case. */
  readonly search: string | undefined
  readonly createdFrom: EpochMs | undefined
  readonly createdTo: EpochMs | undefined
  readonly usedFrom: EpochMs | undefined
  /** Keys that were never used match it too. */
  readonly usedTo: EpochMs | undefined
  readonly sortBy: (typeof SORT_NAMES)[number]
  readonly descending: boolean
  readonly limit: number
  readonly after: KeyPosition | undefined
}

/** A key's position in a sorted list. */
export type KeyPosition = { readonly value: string | number; readonly keyId: string }

/** The time of a search, and the key stores that are not connected. */
export type SearchScope = {
  readonly now: EpochMs
  readonly disconnected: ReadonlySet<string>
}

/** A key as found. */
export type FoundKey = {
  readonly keyId: string
  readonly summary: KeySummary
  readonly state: KeyState
  readonly lastUsedAt: EpochMs | undefined
}

/** A page of found keys. */
export type FoundKeys = {
  readonly keys: readonly FoundKey[]
  /** All keys that match, on this page or another. */
  readonly matches: number
  readonly total: number
  readonly next: KeyPosition | undefined
}

/** Keys that are looked at between two questions whether to give way. */
const AT_ONCE = 8

/**
 * Finds a page of keys in one pass: it keeps the first keys after the position of the page before, and counts the
 * others. Gives way between keys.
 */
export async function searchKeys(
  { keys, lastUses }: Catalogue,
  scope: SearchScope,
  search: KeySearch,
  giveWay: GiveWay,
): Promise<FoundKeys> {
  const tests = testsOf(search)
  const first = new FirstKeys(search)
  let [looked, total] = [0, 0]
  for (const { name: keyId, summary } of keys.values()) {
    looked += 1
    if (looked % AT_ONCE === 0) {
      const wait = giveWay()
      if (wait !== undefined) await wait
    }
    if (summary.goneAt !== undefined && summary.goneAt <= scope.now) continue
    total += 1
    const state = stateOf(summary, scope)
    const found = { keyId, summary, state, lastUsedAt: lastUses.get(keyId) }
    if (tests.length === 0 || tests.every((test) => test(found))) first.add(found)
  }
  return { ...first.page(), total }
}

function stateOf({ state, validTo, keyStoreId }: KeySummary, { now, disconnected }: SearchScope): KeyState {
  if (keyStoreId !== undefined && disconnected.has(keyStoreId)) return stateWithoutStore(state)
  const isOver = validTo !== undefined && validTo <= now && (state === 'Enabled' || state === 'Disabled')
  return isOver ? 'PendingImport' : state
}

type Test = (key: FoundKey) => boolean

function testsOf({ filters, search, createdFrom, createdTo, usedFrom, usedTo }: KeySearch): readonly Test[] {
  const tests: Test[] = filters.map(testOf)
  if (search !== undefined) {
    const wanted = search.toLowerCase()
    tests.push((key) => searchedText(key).includes(wanted))
  }
  if (createdFrom !== undefined) tests.push(({ summary }) => summary.createdAt >= createdFrom)
  if (createdTo !== undefined) tests.push(({ summary }) => summary.createdAt <= createdTo)
  if (usedFrom !== undefined) tests.push(({ lastUsedAt = -1 }) => lastUsedAt >= usedFrom)
  if (usedTo !== undefined) tests.push(({ lastUsedAt = -1 }) => lastUsedAt <= usedTo)
  return tests
}

/** The text that searches look into, by summary: most searches follow another one. */
const SEARCHED = new WeakMap<KeySummary, string>()

/** All that a search looks into, in lower case. Line feeds between the texts keep matches within one. */
function searchedText({ keyId, summary }: FoundKey): string {
  const known = SEARCHED.get(summary)
  if (known !== undefined) return known
  const { aliases, description, tags } = summary
  const texts = [keyId, description, ...aliases, ...tags.flatMap(({ key, value }) => [key, value])]
  const text = texts.join('\n').toLowerCase()
  SEARCHED.set(summary, text)
  return text
}

/** Members that a filter matches by a part of their value. */
const BY_PART: ReadonlySet<string> = new Set(['KeyId', 'Alias', 'Description', 'TagKey', 'TagValue'])

type FilterName = (typeof FILTER_NAMES)[number]

const VALUES: { readonly [N in FilterName]: (key: FoundKey) => readonly string[] } = {
  KeyState: ({ state }) => [state],
  KeySpec: ({ summary }) => [summary.spec],
  KeyUsage: ({ summary }) => [summary.usage],
  Origin: ({ summary }) => [summary.origin],
  KeyManager: ({ summary }) => [summary.managed ? 'AWS' : 'CUSTOMER'],
  MultiRegion: ({ summary }) => [String(summary.primary !== undefined)],
  CustomKeyStoreId: ({ summary }) => (summary.keyStoreId === undefined ? [] : [summary.keyStoreId]),
  KeyId: ({ keyId }) => [keyId],
  Alias: ({ summary }) => summary.aliases,
  Description: ({ summary }) => [summary.description],
  TagKey: ({ summary }) => summary.tags.map(({ key }) => key),
  TagValue: ({ summary }) => summary.tags.map(({ value }) => value),
  Tag: ({ summary }) => summary.tags.map(({ key, value }) => `${key}=${value}`),
}

function testOf({ Name, Values }: KeyFilter): Test {
  const byPart = BY_PART.has(Name)
  const given = byPart ? Values.map((value) => value.toLowerCase()) : Values
  const wanted = given.filter((value) => !isNegated(value))
  const refused = given.filter(isNegated).map((value) => value.slice(1))
  const valuesOf = VALUES[Name]
  const matches = (value: string, texts: readonly string[]): boolean =>
    byPart ? contains(value, texts) : texts.includes(value)
  return (key) => {
    const values = valuesOf(key)
    if (values.some((value) => matches(value, refused))) return false
    return wanted.length === 0 || values.some((value) => matches(value, wanted))
  }
}

/** Whether a text contains, in any case, one of those that are given in lower case. */
function contains(text: string, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return false
  const lower = text.toLowerCase()
  return wanted.some((one) => lower.includes(one))
}

function isNegated(value: string): boolean {
  return value.startsWith('!')
}

type SortName = (typeof SORT_NAMES)[number]

/** What sorts a key; keys without the member come last, in either order. */
const SORTED: { readonly [N in SortName]: (key: FoundKey) => string | number | undefined } = {
  KeyId: ({ keyId }) => keyId,
  Alias: ({ summary }) => summary.aliases[0],
  Description: ({ summary }) => summary.description || undefined,
  CreationDate: ({ summary }) => summary.createdAt,
  KeyState: ({ state }) => state,
  KeySpec: ({ summary }) => summary.spec,
  KeyUsage: ({ summary }) => summary.usage,
  Origin: ({ summary }) => summary.origin,
  LastUsedDate: ({ lastUsedAt }) => lastUsedAt,
  DeletionDate: ({ summary }) => summary.goneAt,
}

/** A position of keys without the member. */
const NOTHING = ''

type Placed = { readonly found: FoundKey; readonly position: KeyPosition }

/** The first keys after a position, sorted, and the number of all. */
class FirstKeys {
  readonly #search: KeySearch
  readonly #valueOf: (key: FoundKey) => string | number | undefined
  /** Sorted, at most as many as the limit: most keys of a large list cost one comparison. */
  readonly #kept: Placed[] = []
  #matches = 0
  #isMore = false

  constructor(search: KeySearch) {
    this.#search = search
    this.#valueOf = SORTED[search.sortBy]
  }

  add(found: FoundKey): void {
    this.#matches += 1
    const { limit, after, descending } = this.#search
    const value = this.#valueOf(found) ?? NOTHING
    if (after !== undefined && compare(value, found.keyId, after, descending) <= 0) return
    const last = this.#kept[limit - 1]
    if (last !== undefined && compare(value, found.keyId, last.position, descending) > 0) {
      this.#isMore = true
      return
    }
    const position = { value, keyId: found.keyId }
    insertSorted(this.#kept, { found, position }, descending)
    if (this.#kept.length > limit) {
      this.#kept.pop()
      this.#isMore = true
    }
  }

  page(): Omit<FoundKeys, 'total'> {
    const next = this.#isMore ? this.#kept.at(-1)?.position : undefined
    return { keys: this.#kept.map(({ found }) => found), matches: this.#matches, next }
  }
}

function insertSorted(kept: Placed[], placed: Placed, descending: boolean): void {
  let [from, to] = [0, kept.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    const other = kept[middle]
    if (other !== undefined && comparePositions(other.position, placed.position, descending) < 0)
      from = middle + 1
    else to = middle
  }
  kept.splice(from, 0, placed)
}

/** Positions without a value come last; equal values are in the order of the key IDs. */
function comparePositions(one: KeyPosition, other: KeyPosition, descending: boolean): number {
  return compare(one.value, one.keyId, other, descending)
}

/** The same, without an object for the first position. */
function compare(
  value: KeyPosition['value'],
  keyId: string,
  other: KeyPosition,
  descending: boolean,
): number {
  if (value === other.value) return keyId < other.keyId ? -1 : Number(keyId > other.keyId)
  if (value === NOTHING) return 1
  if (other.value === NOTHING) return -1
  return value < other.value === descending ? 1 : -1
}
