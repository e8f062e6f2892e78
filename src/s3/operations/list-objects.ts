import { compareBytes, utf8 } from '../../base/bytes.ts'
import { idAfter, idAfterPrefix } from '../../store/ordered-file.ts'
import type { BucketCall, S3Answer, S3Operation } from '../call.ts'
import type { Keyed } from '../catalogue.ts'
import { bucketArn } from '../encryption.ts'
import type { ObjectEntry } from '../entries.ts'
import { invalidArgument } from '../s3-error.ts'
import { formatXml, type XmlValue } from '../xml.ts'

/** Keys of one answer. Source: Amazon S3 API Reference, "ListObjectsV2". */
const KEYS_MAX = 1_000

/** ListObjectsV2. */
export const listObjectsV2: S3Operation = {
  name: 'ListObjectsV2',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    const { query } = call.request
    const token = query.get('continuation-token')
    const startAfter = query.get('start-after')
    const from = token === undefined ? startAfter && idAfter(utf8(startAfter)) : parseToken(token)
    const { asked, encode } = await beginList(call, 's3:ListBucket')
    const page = listPage(rowsOf(call), asked, from || undefined)
    const isOwnerShown = query.get('fetch-owner') === 'true'
    return documentOf({
      Name: call.bucket.name,
      Prefix: encode(asked.prefix),
      Delimiter: asked.delimiter && encode(asked.delimiter),
      MaxKeys: asked.maxKeys,
      KeyCount: page.contents.length + page.prefixes.length,
      IsTruncated: page.next !== undefined,
      ContinuationToken: token,
      NextContinuationToken: page.next && Buffer.from(page.next).toString('base64url'),
      StartAfter: startAfter && encode(startAfter),
      EncodingType: query.get('encoding-type'),
      Contents: page.contents.map((item) => contentOf(call, item, encode, isOwnerShown)),
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    })
  },
}

/** ListObjects, the first version. */
export const listObjects: S3Operation = {
  name: 'ListObjects',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    const { query } = call.request
    const marker = query.get('marker') ?? ''
    const { asked, encode } = await beginList(call, 's3:ListBucket')
    const page = listPage(rowsOf(call), asked, marker === '' ? undefined : afterMarker(marker, asked))
    return documentOf({
      Name: call.bucket.name,
      Prefix: encode(asked.prefix),
      Marker: encode(marker),
      NextMarker: page.next && asked.delimiter ? encode(page.last) : undefined,
      MaxKeys: asked.maxKeys,
      Delimiter: asked.delimiter && encode(asked.delimiter),
      IsTruncated: page.next !== undefined,
      EncodingType: query.get('encoding-type'),
      Contents: page.contents.map((item) => contentOf(call, item, encode, true)),
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    })
  },
}

function documentOf(members: { readonly [name: string]: XmlValue }): S3Answer {
  return { body: formatXml('ListBucketResult', members) }
}

type Asked = { readonly prefix: string; readonly delimiter: string | undefined; readonly maxKeys: number }
/** How names are written. */
export type Encode = (text: string) => string

/** Reads the parameters of a list and decides the permission. @throws S3Error. */
export async function beginList(
  call: BucketCall,
  action: string,
): Promise<{ readonly asked: Asked; readonly encode: Encode }> {
  const { request, bucket } = call
  const { query } = request
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') || undefined
  const maxKeys = parseMaxKeys(query.get('max-keys'))
  const context = (key: string): string | undefined => {
    switch (key) {
      case 's3:prefix':
        return query.get('prefix')
      case 's3:delimiter':
        return query.get('delimiter')
      case 's3:max-keys':
        return query.get('max-keys')
      default:
        return undefined
    }
  }
  await call.authorize([{ action, resource: bucketArn(bucket.name), bucket, context }])
  return { asked: { prefix, delimiter, maxKeys }, encode: encoderOf(query.get('encoding-type')) }
}

function parseMaxKeys(text: string | undefined): number {
  if (text === undefined || text === '') return KEYS_MAX
  if (!/^\d{1,10}$/.test(text)) {
    throw invalidArgument('Provided max-keys not an integer or within integer range', 'max-keys', text)
  }
  return Math.min(KEYS_MAX, Number(text))
}

/** The way in which names are written. @throws S3Error InvalidArgument. */
export function encoderOf(type: string | undefined): Encode {
  if (type === undefined) return (text) => text
  if (type !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type)
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/')
}

/** A key as a marker: the list goes on after it, or after all keys that have the common prefix that it is. */
function afterMarker(marker: string, { delimiter, prefix }: Asked): Uint8Array {
  const isPrefix =
    delimiter !== undefined &&
    marker.startsWith(prefix) &&
    marker.slice(prefix.length).indexOf(delimiter) >= 0
  if (!isPrefix || !marker.endsWith(delimiter)) return idAfter(utf8(marker))
  return idAfterPrefix(utf8(marker))
}

function parseToken(token: string): Uint8Array {
  const bytes = Buffer.from(token, 'base64url')
  if (/^[A-Za-z0-9_-]{1,1400}$/.test(token) && bytes.length > 0) return bytes
  throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token)
}

type Item = Keyed<() => ObjectEntry>

type Row = { readonly key: string; readonly id?: Uint8Array }

type Page<T> = {
  readonly contents: readonly T[]
  readonly prefixes: readonly string[]
  /** The last key or common prefix of the page. */
  readonly last: string
  /** The first key that the next page may have; nothing for the last page. */
  readonly next: Uint8Array | undefined
}

/** Reads rows in the order of their ids, which are their keys unless they say otherwise, from an id on. */
type Rows<T> = (from: Uint8Array, limit: number) => readonly T[]

function rowsOf({ bucket, dependencies }: BucketCall): Rows<Item> {
  return (from, limit) => dependencies.catalogue.objects(bucket.name, from, limit)
}

/** A page of keys and common prefixes, of which each takes as much of the page as a key. */
export function listPage<T extends Row>(rows: Rows<T>, asked: Asked, start: Uint8Array | undefined): Page<T> {
  const wanted = utf8(asked.prefix)
  const from = start === undefined || compareBytes(start, wanted) < 0 ? wanted : start
  const page: Filling<T> = { contents: [], prefixes: [], last: '', from }
  const isFull = fillPage(rows, asked, page)
  const { contents, prefixes, last } = page
  return { contents, prefixes, last, next: isFull ? page.from : undefined }
}

type Filling<T> = {
  readonly contents: T[]
  readonly prefixes: string[]
  last: string
  /** The first key that may come next. */
  from: Uint8Array
}

/** Objects that are read after a common prefix: the next one may come at once. */
const FEW = 8

/** Returns whether more keys follow a full page. */
function fillPage<T extends Row>(rows: Rows<T>, asked: Asked, page: Filling<T>): boolean {
  if (asked.maxKeys === 0) return false
  let limit = asked.maxKeys + 1
  for (;;) {
    const items = rows(page.from, limit)
    const end = takeItems(items, asked, page)
    if (end === 'full') return true
    if (end === 'end' || (end === 'taken' && items.length < limit)) return false
    limit = end === 'skipped' ? FEW : Math.min(limit * FEW, asked.maxKeys + 1)
  }
}

/** Takes items until the page is full, a common prefix is skipped, or the keys with the prefix are at their end. */
function takeItems<T extends Row>(
  items: readonly T[],
  asked: Asked,
  page: Filling<T>,
): 'full' | 'skipped' | 'taken' | 'end' {
  const { prefix, delimiter, maxKeys } = asked
  for (const item of items) {
    if (!item.key.startsWith(prefix)) return 'end'
    if (page.contents.length + page.prefixes.length >= maxKeys) return 'full'
    const end = delimiter === undefined ? -1 : item.key.indexOf(delimiter, prefix.length)
    if (end >= 0 && delimiter !== undefined) {
      page.last = item.key.slice(0, end + delimiter.length)
      page.prefixes.push(page.last)
      page.from = idAfterPrefix(utf8(page.last))
      return 'skipped'
    }
    page.contents.push(item)
    page.last = item.key
    page.from = idAfter(item.id ?? utf8(item.key))
  }
  return 'taken'
}

function contentOf(call: BucketCall, { key, entry }: Item, encode: Encode, isOwnerShown: boolean): XmlValue {
  const { etag, modifiedAt, sizeBytes, checksum } = entry()
  const { account } = call.bucket
  return {
    Key: encode(key),
    LastModified: new Date(modifiedAt).toISOString(),
    ETag: `"${etag}"`,
    ChecksumAlgorithm: checksum?.algorithm.toUpperCase(),
    ChecksumType: checksum?.type,
    Size: sizeBytes,
    Owner: isOwnerShown ? { ID: account, DisplayName: account } : undefined,
    StorageClass: 'STANDARD',
  }
}
