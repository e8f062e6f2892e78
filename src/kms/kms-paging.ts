import { KmsError } from '../api/errors.ts'
import { integer, optional, pattern, text } from '../api/shapes.ts'
import { faultText, validationError } from '../api/validate.ts'
import { isPageMarker } from '../store/records.ts'

/** `Limit` and `Marker` of an operation that answers in pages. */
export const PAGING = {
  Limit: optional(integer({ min: 1, max: 1000 })),
  Marker: optional(text({ min: 1, max: 1024, pattern: pattern('[\\u0020-\\u00FF]*') })),
}

type PagingInput = { readonly Limit?: number | undefined; readonly Marker?: string | undefined }

/** The entries of a page: the default, and the most. */
export type PageSize = { readonly byDefault: number; readonly max: number }

/**
 * The number of entries of the page.
 *
 * @throws ValidationException when the request asks for more than the operation allows.
 */
export function pageLimit(input: PagingInput, size: PageSize): number {
  const limit = input.Limit ?? size.byDefault
  if (limit <= size.max) return limit
  const constraint = `Member must have value less than or equal to ${size.max}`
  throw validationError([faultText('limit', constraint, String(limit))])
}

/** The marker of a list that the store pages. @throws InvalidMarkerException. */
export function storeMarker(input: PagingInput): string | undefined {
  const { Marker } = input
  if (Marker !== undefined && !isPageMarker(Marker)) throw new KmsError('InvalidMarkerException')
  return Marker
}

const INDEX_MARKER = /^(?:0|[1-9][0-9]{0,5})$/

/** One page of a list in memory; its marker is the index where the next begins. */
export function pageOf<T>(
  items: readonly T[],
  input: PagingInput,
  size: PageSize,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const limit = pageLimit(input, size)
  const { Marker } = input
  if (Marker !== undefined && !INDEX_MARKER.test(Marker)) throw new KmsError('InvalidMarkerException')
  const start = Number(Marker ?? 0)
  const end = start + limit
  return { items: items.slice(start, end), next: end < items.length ? String(end) : undefined }
}

/** One page of a list of sorted, distinct texts; its marker is the last text of the page before. */
export function pageAfter(
  sorted: readonly string[],
  input: PagingInput,
  size: PageSize,
): { readonly items: readonly string[]; readonly next: string | undefined } {
  const limit = pageLimit(input, size)
  const { Marker } = input
  if (Marker !== undefined && !TEXT_MARKER.test(Marker)) throw new KmsError('InvalidMarkerException')
  const rest = Marker === undefined ? sorted : sorted.filter((text) => text > Marker)
  return { items: rest.slice(0, limit), next: limit < rest.length ? rest[limit - 1] : undefined }
}

const TEXT_MARKER = /^[0-9a-f]{64}$/

/** The members of a page beside its list. */
type PageEnd = { readonly NextMarker: string | undefined; readonly Truncated: boolean }

/** The members of a page beside the list itself: `Truncated`, and `NextMarker` when there is more. */
export function pageEnd(next: string | undefined): PageEnd {
  return { NextMarker: next, Truncated: next !== undefined }
}
