import { fromUtf8, toHex } from '../../base/bytes.ts'
import { type RunningHash, runningHash } from '../../crypto/running-hash.ts'
import { percentDecode } from '../../sigv4/canonical.ts'
import type { ObjectCall, S3Answer, S3Operation } from '../call.ts'
import { checkCopySource } from '../conditions.ts'
import { checkOwner, EXPECTED_SOURCE_OWNER } from '../current-bucket.ts'
import { customerKeyOf, SOURCE_CUSTOMER } from '../customer-key.ts'
import { encryptionChoice, encryptionHeaders, objectArn, SSE } from '../encryption.ts'
import type { ObjectEntry, Tags } from '../entries.ts'
import { checksumHeaders, parseFacts, refuseNotOffered } from '../object-facts.ts'
import type { ByteRange } from '../object-files.ts'
import { PUT_MAX_BYTES } from '../payload.ts'
import { invalidArgument, noSuchBucket, S3Error } from '../s3-error.ts'
import type { Stored } from '../storing.ts'
import { existingTagsContext, parseTagsHeader } from '../tags.ts'
import { formatXml } from '../xml.ts'
import { openObject, readableObject } from './get-object.ts'
import { findUpload, putStreamOfPart } from './multipart.ts'
import { authorizeWrite, replaceObject, storeObject, versionHeadersOf } from './put-object.ts'

/** CopyObject. The source's encryption is not inherited. */
export const copyObject: S3Operation = {
  name: 'CopyObject',
  readOnly: false,
  on: 'object',
  run: copy,
}

async function copy(call: ObjectCall): Promise<S3Answer> {
  const { bucket, key, request } = call
  const { headers } = request
  refuseNotOffered(headers)
  const choice = encryptionChoice(headers, bucket.encryption, call.customerKey())
  const directive = headers.get('x-amz-metadata-directive') ?? 'COPY'
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw invalidArgument('Unknown metadata directive.', 'x-amz-metadata-directive', directive)
  }
  const asked = parseTagsHeader(headers)
  const tagDirective = headers.get('x-amz-tagging-directive') ?? 'COPY'
  if (tagDirective !== 'COPY' && tagDirective !== 'REPLACE') {
    throw invalidArgument('Unknown tagging directive.', 'x-amz-tagging-directive', tagDirective)
  }
  await authorizeWrite(call)
  const source = sourceOf(call)
  const from = await readableObject(source)
  checkCopySource(headers, from)
  const tags = tagDirective === 'REPLACE' ? asked : await copiedTags(source, from)
  if (tags !== undefined) await authorizeWrite(call, tags)
  const isSelf = source.bucket.name === bucket.name && source.key === key && source.versionId === undefined
  const isChanged = directive === 'REPLACE' || tagDirective === 'REPLACE'
  if (isSelf && !isChanged && !headers.has(SSE) && choice.type !== 'customer') {
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    )
  }
  if (from.sizeBytes > PUT_MAX_BYTES) {
    throw new S3Error(
      'InvalidRequest',
      'The specified copy source is larger than the maximum allowable size for a copy source',
    )
  }
  const read = await sourceBytes(source, from, { begin: 0, end: from.sizeBytes })
  const checksum = from.checksum?.type === 'FULL_OBJECT' ? from.checksum : undefined
  const bytes = { pieces: read.pieces, finish: () => ({ md5: read.finish(), checksum }) }
  const { headers: kept, metadata } = directive === 'COPY' ? from : parseFacts(headers)
  const entry = await storeObject(call, { choice, bytes, facts: { headers: kept, metadata, tags } })
  const { answer, versionHeaders } = await replaceObject(call, entry)
  return {
    ...answer,
    headers: [
      ...encryptionHeaders(entry.encryption, headers),
      ...versionHeaders,
      ...sourceVersion(source, from),
    ],
    body: formatXml('CopyObjectResult', {
      LastModified: new Date(entry.modifiedAt).toISOString(),
      ETag: `"${entry.etag}"`,
      ...Object.fromEntries(checksumElements(entry)),
    }),
    event: { ...answer.event, additional: { copySource: `${source.bucket.name}/${source.key}` } },
  }
}

/** The tags of a source, which the caller must be allowed to read. @throws S3Error AccessDenied. */
async function copiedTags(source: ObjectCall, { tags }: ObjectEntry): Promise<Tags | undefined> {
  if (tags === undefined || Object.keys(tags).length === 0) return undefined
  const { bucket, key, versionId } = source
  const action = versionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging'
  const context = existingTagsContext(tags)
  await source.authorize([{ action, resource: objectArn(bucket.name, key), bucket, context }])
  return tags
}

/** The header that names the version of a source. */
function sourceVersion({ bucket }: ObjectCall, from: ObjectEntry): readonly (readonly [string, string])[] {
  return versionHeadersOf(bucket, from).map(([, id]) => ['x-amz-copy-source-version-id', id])
}

/** The elements of an object's checksum. */
function checksumElements(entry: ObjectEntry): readonly (readonly [name: string, value: string])[] {
  return checksumHeaders(entry).map(([name, value]) =>
    name === 'x-amz-checksum-type'
      ? ['ChecksumType', value]
      : [`Checksum${name.slice('x-amz-checksum-'.length).toUpperCase()}`, value],
  )
}

/** UploadPartCopy. */
export const uploadPartCopy: S3Operation = {
  name: 'UploadPartCopy',
  readOnly: false,
  on: 'object',
  run: async (call) => {
    const { headers } = call.request
    await authorizeWrite(call)
    const upload = findUpload(call)
    const source = sourceOf(call)
    const from = await readableObject(source)
    checkCopySource(headers, from)
    const range = copyRange(headers.get('x-amz-copy-source-range'), from.sizeBytes)
    const bytes = await sourceBytes(source, from, range)
    const part = await putStreamOfPart(call, upload, {
      pieces: bytes.pieces,
      finish: () => ({ sizeBytes: range.end - range.begin, md5: bytes.finish(), checksum: undefined }),
    })
    return {
      ...part.answer,
      headers: [...encryptionHeaders(upload.encryption, headers), ...sourceVersion(source, from)],
      body: formatXml('CopyPartResult', {
        LastModified: new Date(part.entry.modifiedAt).toISOString(),
        ETag: `"${part.entry.etag}"`,
      }),
    }
  },
}

const COPY_RANGE = /^bytes=(\d{1,15})-(\d{1,15})$/

function copyRange(text: string | undefined, sizeBytes: number): ByteRange {
  if (text === undefined) return { begin: 0, end: sizeBytes }
  const [, first, last] = COPY_RANGE.exec(text) ?? []
  const range = { begin: Number(first), end: Number(last) + 1 }
  if (first !== undefined && range.begin < range.end && range.end <= sizeBytes) return range
  throw invalidArgument(
    'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    'x-amz-copy-source-range',
    text,
  )
}

/** A path, and the id of a version: a question mark of a key is encoded. */
const COPY_SOURCE = /^([^?]*)(\?versionId=(.*))?$/

/** The source of a copy as a call on it. @throws S3Error. */
function sourceOf(call: ObjectCall): ObjectCall {
  const text = call.request.headers.get('x-amz-copy-source') ?? ''
  const [, encoded = '', , id] = COPY_SOURCE.exec(text) ?? []
  const path = fromUtf8(percentDecode(encoded)).replace(/^\//, '')
  const slash = path.indexOf('/')
  const key = path.slice(slash + 1)
  if (slash <= 0 || key === '' || path.includes('\0') || id === '') {
    throw invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      'x-amz-copy-source',
      text,
    )
  }
  const name = path.slice(0, slash)
  const bucket = call.dependencies.catalogue.bucket(name)
  if (bucket === undefined) throw noSuchBucket(name)
  checkOwner(call.request.headers, EXPECTED_SOURCE_OWNER, bucket)
  return { ...call, bucket, key, versionId: id, customerKey: customerKeyOf(call, SOURCE_CUSTOMER) }
}

/** The bytes of a range of a source, and at their end their MD5. */
async function sourceBytes(source: ObjectCall, from: ObjectEntry, range: ByteRange): Promise<Stored<string>> {
  const md5 = runningHash('md5')
  return {
    pieces: observed(await openObject(source, from, range), md5),
    finish: () => toHex(md5.digest()),
  }
}

async function* observed(pieces: AsyncIterable<Uint8Array>, hash: RunningHash): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
}
