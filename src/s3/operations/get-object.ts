import type { Secret } from '../../base/secret.ts'
import type { ObjectCall, S3Answer, S3Operation } from '../call.ts'
import { checkRead } from '../conditions.ts'
import { bucketArn, encryptionHeaders, objectArn, refuseOnRead } from '../encryption.ts'
import type { ObjectEntry, VersionEntry } from '../entries.ts'
import { KeyVersions } from '../key-versions.ts'
import { checksumHeaders, objectHeaders } from '../object-facts.ts'
import type { ByteRange } from '../object-files.ts'
import { S3Error } from '../s3-error.ts'
import { existingTagsContext } from '../tags.ts'
import { versionHeadersOf } from './put-object.ts'

/** GetObject. */
export const getObject: S3Operation = {
  name: 'GetObject',
  readOnly: true,
  on: 'object',
  run: async (call) => {
    const found = await findObject(call)
    if (found.isUnchanged) return unchanged(found.entry)
    const { entry } = found
    const asked = rangeOf(call.request.headers.get('range'), entry.sizeBytes)
    const body = await openObject(call, entry, asked ?? { begin: 0, end: entry.sizeBytes })
    return { ...(await answerOf(call, entry, asked)), body }
  },
}

/** HeadObject. It needs the key only to show a checksum. */
export const headObject: S3Operation = {
  name: 'HeadObject',
  readOnly: true,
  on: 'object',
  run: async (call) => {
    const found = await findObject(call)
    if (found.isUnchanged) return unchanged(found.entry)
    const { entry } = found
    if (showsChecksum(call, entry))
      (await call.dependencies.dataKeys.open(call, entry.encryption, call.customerKey()))[Symbol.dispose]()
    return answerOf(call, entry, rangeOf(call.request.headers.get('range'), entry.sizeBytes))
  },
}

type Found = { readonly entry: ObjectEntry; readonly isUnchanged: boolean }

async function findObject(call: ObjectCall): Promise<Found> {
  const { headers } = call.request
  refuseOnRead(headers)
  const entry = await readableObject(call)
  const customerKey = call.customerKey()
  // Without its key, nothing is known of an object.
  if (entry.encryption.type === 'customer' || customerKey !== undefined)
    (await call.dependencies.dataKeys.open(call, entry.encryption, customerKey))[Symbol.dispose]()
  return { entry, isUnchanged: checkRead(headers, entry) === 'unchanged' }
}

/** What a read needs beyond GetObject: the action, and that for a named version. */
const READ = { action: 's3:GetObject', ofVersion: 's3:GetObjectVersion' }

/** The object, if the caller may read it. @throws S3Error AccessDenied, NoSuchKey, NoSuchVersion, MethodNotAllowed. */
export async function readableObject(call: ObjectCall, { action, ofVersion } = READ): Promise<ObjectEntry> {
  const { bucket, key, dependencies, versionId } = call
  const found = new KeyVersions(dependencies.catalogue, bucket, key).find(versionId)
  const entry = found?.isMarker === true ? undefined : found
  // Its files stay until the call has its outcome, whoever replaces the object meanwhile.
  if (entry !== undefined) call.defer(dependencies.disposal.read(entry.streams.map(({ file }) => file)))
  const ofTags = existingTagsContext(entry?.tags)
  await call.authorize([
    {
      action: versionId === undefined ? action : ofVersion,
      resource: objectArn(bucket.name, key),
      bucket,
      context: (name) => (name === 's3:versionid' ? versionId : ofTags(name)),
    },
  ])
  if (entry !== undefined) return entry
  // Who may not list the bucket does not learn which keys it has.
  await call.authorize([{ action: 's3:ListBucket', resource: bucketArn(bucket.name), bucket }])
  throw absent(call, found)
}

/** The error for an object that is not there, or that a delete marker hides. */
function absent({ key, versionId, bucket }: ObjectCall, marker: VersionEntry | undefined): S3Error {
  const headers =
    marker === undefined
      ? []
      : [['x-amz-delete-marker', 'true'] as const, ...versionHeadersOf(bucket, marker)]
  if (versionId === undefined) {
    const elements = { Key: key }
    return new S3Error('NoSuchKey', 'The specified key does not exist.', { elements, headers })
  }
  if (marker !== undefined) {
    const message = 'The specified method is not allowed against this resource.'
    return new S3Error('MethodNotAllowed', message, { headers })
  }
  const elements = { Key: key, VersionId: versionId }
  return new S3Error('NoSuchVersion', 'The specified version does not exist.', { elements })
}

function unchanged(entry: ObjectEntry): S3Answer {
  return {
    status: 304,
    headers: objectHeaders(entry).filter(([name]) => name === 'ETag' || name === 'Last-Modified'),
  }
}

function showsChecksum({ request }: ObjectCall, { checksum }: ObjectEntry): boolean {
  return checksum !== undefined && request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
}

/** Parameters that replace headers of the answer. Source: Amazon S3 API Reference, "GetObject". */
const OVERRIDES: ReadonlyMap<string, string> = new Map([
  ['response-cache-control', 'cache-control'],
  ['response-content-disposition', 'content-disposition'],
  ['response-content-encoding', 'content-encoding'],
  ['response-content-language', 'content-language'],
  ['response-content-type', 'content-type'],
  ['response-expires', 'expires'],
])
/** Characters that no header has. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/

async function answerOf(
  call: ObjectCall,
  entry: ObjectEntry,
  range: ByteRange | undefined,
): Promise<S3Answer> {
  const headers = new Map(objectHeaders(entry).map(([name, value]) => [name.toLowerCase(), value]))
  for (const [parameter, name] of OVERRIDES) {
    const value = call.request.query.get(parameter)
    if (value === undefined) continue
    if (UNSENDABLE.test(value))
      throw new S3Error('InvalidArgument', `${parameter} is not the value of a header`)
    headers.set(name, value)
  }
  const isPart = range !== undefined && (range.begin > 0 || range.end < entry.sizeBytes)
  const { begin, end } = range ?? { begin: 0, end: entry.sizeBytes }
  return {
    status: range === undefined ? 200 : 206,
    headers: [
      ...headers,
      ['Content-Length', String(end - begin)],
      ...(range === undefined
        ? []
        : [['Content-Range', `bytes ${begin}-${end - 1}/${entry.sizeBytes}`] as const]),
      ...versionHeadersOf(call.bucket, entry),
      ...(await tagCount(call, entry)),
      ...encryptionHeaders(entry.encryption, call.request.headers),
      ...(showsChecksum(call, entry) && !isPart ? checksumHeaders(entry) : []),
    ],
    event: { additional: { bytesTransferredOut: end - begin } },
  }
}

/** How many tags an object has, for who may read them. */
async function tagCount(
  call: ObjectCall,
  { tags = {} }: ObjectEntry,
): Promise<readonly (readonly [string, string])[]> {
  const count = Object.keys(tags).length
  if (count === 0) return []
  const { bucket, key, versionId } = call
  const action = versionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging'
  const context = existingTagsContext(tags)
  try {
    await call.authorize([{ action, resource: objectArn(bucket.name, key), bucket, context }])
    return [['x-amz-tagging-count', String(count)]]
  } catch (error) {
    if (error instanceof S3Error && error.code === 'AccessDenied') return []
    throw error
  }
}

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/

/** The range that a header asks for; nothing for the whole object, as for a header of another form. */
function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const [, first, last] = RANGE.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  const begin = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  if (begin >= end) {
    throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
      elements: { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) },
      headers: [['Content-Range', `bytes */${sizeBytes}`]],
    })
  }
  return { begin, end }
}

/**
 * The bytes of a range of an object. The first are read and authenticated before this resolves, so that damage there
 * is an error and no cut answer.
 *
 * @throws S3Error when KMS does not decrypt the data key; DamagedObject.
 */
export async function openObject(
  call: ObjectCall,
  entry: ObjectEntry,
  range: ByteRange,
): Promise<AsyncIterable<Uint8Array>> {
  const { dataKeys, disposal } = call.dependencies
  const release = disposal.read(entry.streams.map(({ file }) => file))
  try {
    const dataKey = await dataKeys.open(call, entry.encryption, call.customerKey())
    const pieces = readRange(call, entry, range, dataKey)[Symbol.asyncIterator]()
    try {
      const first = await pieces.next()
      return restOf(pieces, first, () => {
        dataKey[Symbol.dispose]()
        release()
      })
    } catch (error) {
      dataKey[Symbol.dispose]()
      throw error
    }
  } catch (error) {
    release()
    throw error
  }
}

/** All pieces, of which the first is known. `end` runs at their end, and also when nobody reads them. */
function restOf(
  pieces: AsyncIterator<Uint8Array>,
  first: IteratorResult<Uint8Array>,
  end: () => void,
): AsyncIterable<Uint8Array> {
  let known: IteratorResult<Uint8Array> | undefined = first
  let isEnded = false
  const finish = (): void => {
    if (!isEnded) end()
    isEnded = true
  }
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => {
      try {
        const next = known ?? (await pieces.next())
        known = undefined
        if (next.done === true) finish()
        return next
      } catch (error) {
        finish()
        throw error
      }
    },
    return: async () => {
      await pieces.return?.()
      finish()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

async function* readRange(
  { bucket, key, dependencies }: ObjectCall,
  { version, streams }: ObjectEntry,
  { begin, end }: ByteRange,
  dataKey: Secret,
): AsyncIterable<Uint8Array> {
  let offset = 0
  for (const stream of streams) {
    const from = Math.max(0, begin - offset)
    const to = Math.min(stream.sizeBytes, end - offset)
    offset += stream.sizeBytes
    // An empty object has one empty segment, which is authenticated too.
    if (from >= to && !(streams.length === 1 && stream.sizeBytes === 0)) continue
    const binding = { bucket: bucket.name, key, version, part: stream.part }
    yield* dependencies.files.read({ ...stream, binding, dataKey }, { begin: from, end: to })
  }
}
