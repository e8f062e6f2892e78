import type { ContextLookup } from '../policy/context.ts'
import type { ObjectEntry, ObjectFacts } from './entries.ts'
import { notImplemented, S3Error } from './s3-error.ts'

/** Headers of an upload that answers repeat. */
const KEPT = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]
const META = 'x-amz-meta-'
/** Names and values together. Source: Amazon S3 User Guide, "User-defined object metadata". */
const METADATA_MAX_BYTES = 2_048
const DEFAULT_TYPE = 'binary/octet-stream'
/** The encoding of a body on its way, and not of an object. */
const AWS_CHUNKED = 'aws-chunked'

/** Headers of writes that the gateway does not offer; a value that changes nothing is accepted. */
const NOT_OFFERED: ReadonlyMap<string, RegExp> = new Map([
  ['x-amz-acl', /^(?:private|bucket-owner-full-control)$/],
  ['x-amz-storage-class', /^STANDARD$/],
  ['x-amz-website-redirect-location', /^(?!)/],
  ['x-amz-write-offset-bytes', /^(?!)/],
  ['x-amz-if-match-last-modified-time', /^(?!)/],
  ['x-amz-if-match-size', /^(?!)/],
  ['x-amz-bucket-object-lock-enabled', /^false$/i],
  ['x-amz-object-ownership', /^BucketOwnerEnforced$/],
  ['x-amz-bucket-namespace', /^global$/],
])
const NOT_OFFERED_PREFIX = /^x-amz-(?:grant|object-lock)-/

/** @throws S3Error NotImplemented for a header that asks for what the gateway does not do. */
export function refuseNotOffered(headers: ReadonlyMap<string, string>): void {
  for (const [name, value] of headers) {
    const accepted = NOT_OFFERED.get(name)
    if ((accepted !== undefined && !accepted.test(value)) || NOT_OFFERED_PREFIX.test(name))
      throw notImplemented(name)
  }
}

/** What an upload says of its object. @throws S3Error MetadataTooLarge. */
export function parseFacts(headers: ReadonlyMap<string, string>): ObjectFacts {
  const kept: [string, string][] = []
  const metadata: [string, string][] = []
  let size = 0
  for (const [name, value] of headers) {
    if (name.startsWith(META)) {
      metadata.push([name.slice(META.length), value])
      size += name.length - META.length + value.length
    } else if (KEPT.includes(name)) {
      const text = name === 'content-encoding' ? withoutChunked(value) : value
      if (text !== '') kept.push([name, text])
    }
  }
  if (size > METADATA_MAX_BYTES) {
    const message = 'Your metadata headers exceed the maximum allowed metadata size'
    throw new S3Error('MetadataTooLarge', message, { elements: { Size: String(size) } })
  }
  return { headers: Object.fromEntries(kept), metadata: Object.fromEntries(metadata) }
}

function withoutChunked(encoding: string): string {
  return encoding
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name.toLowerCase() !== AWS_CHUNKED && name !== '')
    .join(',')
}

/** The headers of an answer about an object, apart from its length. */
export function objectHeaders(entry: ObjectEntry): readonly (readonly [name: string, value: string])[] {
  const { headers, metadata, etag, modifiedAt } = entry
  return [
    ['ETag', `"${etag}"`],
    ['Last-Modified', new Date(modifiedAt).toUTCString()],
    ['Accept-Ranges', 'bytes'],
    ...(headers['content-type'] === undefined ? [['Content-Type', DEFAULT_TYPE] as const] : []),
    ...Object.entries(headers),
    ...Object.entries(metadata).map(([name, value]) => [META + name, value] as const),
  ]
}

/** The header of an object's checksum. */
export function checksumHeaders({
  checksum,
}: Pick<ObjectEntry, 'checksum'>): readonly (readonly [string, string])[] {
  if (checksum === undefined) return []
  return [
    [`x-amz-checksum-${checksum.algorithm}`, checksum.value],
    ['x-amz-checksum-type', checksum.type],
  ]
}

/** Headers of a write that policies may limit. Source: Service Authorization Reference, "Condition keys for Amazon S3". */
export function writeContext(headers: ReadonlyMap<string, string>): ContextLookup {
  return (key) => (key.startsWith('s3:x-amz-') ? headers.get(key.slice('s3:'.length)) : undefined)
}
