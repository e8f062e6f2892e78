import { KmsError } from '../api/errors.ts'
import type { GiveWay } from '../base/slices.ts'
import {
  isPageMarker,
  type Kind,
  LIST_MAX_RECORDS,
  type Records,
  type Stored,
  type Summary,
  type SummaryKind,
} from '../store/records.ts'
import { goingOnAfter, type IamPage, type PagingInput, pageLimit, parseMarker } from './iam-paging.ts'

/** An item of a list, and where the list continues after it. */
type Found<T> = { readonly item: T; readonly position: () => string }

/** A section of a list, in an order of its own that never changes. */
export type Section<T> = {
  /** Distinguishes it from other sections of the list. */
  readonly name: string
  /**
   * The items after a position; without one, all.
   *
   * @param about how many are wanted, as far as is known.
   * @throws ValidationException for an invalid position.
   */
  readonly after: (position: string | undefined, about: number) => AsyncIterable<Found<T>>
}

/** A list of the store, and how an item is made from a record; nothing for an item that is not wanted. */
type Listing<R, T> = {
  readonly records: Records
  readonly partition: string
  readonly show: (record: R) => Promise<T | undefined> | T | undefined
}

/** The most whole records that are open at once, where a page ends by its length rather than its items. */
const WHOLE_AT_ONCE = 10

/** A section of whole records, for lists that show more than summaries. */
export function wholeSection<V extends object, T>(
  name: string,
  kind: Kind<V>,
  { records, partition, show }: Listing<Stored<V>, T>,
): Section<T> {
  return storeSection(name, {
    list: (after, about) => records.list(kind, { partition, after, limit: Math.min(about, WHOLE_AT_ONCE) }),
    show,
    position: (record) => records.markerAfter(kind.name, partition, record.name),
  })
}

/** A section of summaries of records. */
export function summarySection<V extends object, L extends object, T>(
  name: string,
  summary: SummaryKind<V, L>,
  { records, partition, show }: Listing<Summary<L>, T>,
): Section<T> {
  return storeSection(name, {
    list: (after, about) =>
      records.listSummaries(summary, { partition, after, limit: Math.min(about, LIST_MAX_RECORDS) }),
    show,
    position: (record) => records.markerAfter(summary.kind.name, partition, record.name),
  })
}

type StorePart<R, T> = {
  readonly list: (
    after: string | undefined,
    about: number,
  ) => Promise<{ readonly records: readonly R[]; readonly next: string | undefined }>
  readonly show: Listing<R, T>['show']
  readonly position: (record: R) => string
}

function storeSection<R, T>(name: string, { list, show, position }: StorePart<R, T>): Section<T> {
  return {
    name,
    after: async function* (from, about) {
      for await (const record of recordsAfter(list, from, about)) {
        const shown = show(record)
        const item = shown instanceof Promise ? await shown : shown
        if (item !== undefined) yield { item, position: () => position(record) }
      }
    },
  }
}

/** Records page by page; when few of many are wanted, the pages grow. @throws ValidationException. */
async function* recordsAfter<R>(
  list: StorePart<R, unknown>['list'],
  from: string | undefined,
  about: number,
): AsyncGenerator<R> {
  if (from !== undefined && !isPageMarker(from)) throw invalidMarker(from)
  let after = from
  for (let size = about; ; size = Math.min(2 * size, LIST_MAX_RECORDS)) {
    const { records, next } = await list(after, size)
    yield* records
    if (next === undefined) return
    after = next
  }
}

/** A section of a few items that the store does not have, in the order of their keys. */
export function fixedSection<R, T>(
  name: string,
  items: readonly R[],
  keyOf: (item: R) => string,
  show: (item: R) => Promise<T | undefined>,
): Section<T> {
  const keyed = items.map((item) => ({ key: keyOf(item), item }))
  keyed.sort((one, other) => (one.key < other.key ? -1 : 1))
  return {
    name,
    after: async function* (from) {
      for (const { key, item: given } of keyed) {
        if (from !== undefined && key <= from) continue
        const item = await show(given)
        if (item !== undefined) yield { item, position: () => key }
      }
    },
  }
}

/**
 * Characters of documents in one page: a longer page takes long to write. The list continues in the next one.
 * Source: IAM API Reference, `MaxItems`: "IAM might return fewer than the MaxItems number of results".
 */
const PAGE_MAX_CHARS = 131_072

/**
 * One page of a list, section by section. The marker is the place of the last item, so a page is right whatever was
 * added or removed in between.
 *
 * @param charsOf what an item holds of documents.
 * @throws ValidationException for a marker that this service has not given.
 */
export async function pageOf<T>(
  sections: readonly Section<T>[],
  input: PagingInput,
  giveWay: GiveWay,
  charsOf: (item: T) => number = () => 0,
): Promise<IamPage<T>> {
  const limit = pageLimit(input)
  const { from, position } = startOf(sections, input.Marker)
  const items: T[] = []
  let chars = 0
  let last: (() => string) | undefined
  for (const [at, section] of sections.slice(from).entries()) {
    const start = at === 0 ? position : undefined
    for await (const found of section.after(start, limit - items.length + 1)) {
      const isFull = items.length >= limit || chars >= PAGE_MAX_CHARS
      if (isFull && last !== undefined) return { items, more: goingOnAfter(last()) }
      items.push(found.item)
      chars += charsOf(found.item)
      last = () => `${section.name}:${found.position()}`
      const wait = giveWay()
      if (wait !== undefined) await wait
    }
  }
  return { items, more: goingOnAfter(undefined) }
}

function startOf<T>(
  sections: readonly Section<T>[],
  marker: string | undefined,
): { readonly from: number; readonly position: string | undefined } {
  if (marker === undefined) return { from: 0, position: undefined }
  const text = parseMarker(marker)
  const colon = text.indexOf(':')
  const from = sections.findIndex(({ name }) => name === text.slice(0, Math.max(0, colon)))
  if (colon < 0 || from < 0) throw invalidMarker(marker)
  return { from, position: text.slice(colon + 1) }
}

function invalidMarker(marker: string): KmsError {
  return new KmsError('ValidationException', `Invalid Marker: ${marker}`)
}
