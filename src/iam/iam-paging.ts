import { KmsError } from '../api/errors.ts'
import { fromUtf8, parseBase64, toBase64, utf8 } from '../base/bytes.ts'

/** `Marker` and `MaxItems` of a request. */
export type PagingInput = { readonly MaxItems?: number | undefined; readonly Marker?: string | undefined }

const BY_DEFAULT = 100

/** One page of a list, and the members that show whether there is more. */
export type IamPage<T> = {
  readonly items: readonly T[]
  readonly more: { readonly IsTruncated: boolean; readonly Marker: string | undefined }
}

/**
 * One page of a list, ordered by a key that no two items share. The marker is the key to go on after, so a page is
 * right whatever was added or removed in between.
 *
 * @throws ValidationException for a marker that this service has not given.
 */
export function pageBy<T>(items: readonly T[], keyOf: (item: T) => string, input: PagingInput): IamPage<T> {
  const after = input.Marker === undefined ? undefined : parseMarker(input.Marker)
  const keyed = items.map((item) => ({ key: keyOf(item), item }))
  keyed.sort((one, other) => (one.key < other.key ? -1 : 1))
  const rest = after === undefined ? keyed : keyed.filter(({ key }) => key > after)
  const limit = pageLimit(input)
  const page = rest.slice(0, limit)
  const last = rest.length > limit ? page.at(-1) : undefined
  return { items: page.map(({ item }) => item), more: goingOnAfter(last?.key) }
}

/** The most items of a page. */
export function pageLimit({ MaxItems }: PagingInput): number {
  return MaxItems ?? BY_DEFAULT
}

/** The members that show that there is more after the item with this key; nothing for the last page. */
export function goingOnAfter(key: string | undefined): IamPage<never>['more'] {
  return { IsTruncated: key !== undefined, Marker: key && toBase64(utf8(key)) }
}

/**
 * The key after which the page begins. @throws ValidationException for a marker that this service has not
 * issued.
 */
export function parseMarker(marker: string): string {
  const bytes = parseBase64(marker)
  if (bytes === undefined) throw new KmsError('ValidationException', `Invalid Marker: ${marker}`)
  return fromUtf8(bytes)
}
