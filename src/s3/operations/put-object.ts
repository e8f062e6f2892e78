import { toHex } from '../../base/bytes.ts'
import type { ObjectCall, S3Answer, S3Operation } from '../call.ts'
import { checkWrite } from '../conditions.ts'
import { holdObject } from '../current-bucket.ts'
import { type EncryptionChoice, encryptionChoice, encryptionHeaders, objectArn } from '../encryption.ts'
import type { BucketEntry, ObjectChecksum, ObjectEntry, ObjectFacts, Tags, VersionEntry } from '../entries.ts'
import { KeyVersions, versionIdOf } from '../key-versions.ts'
import { checksumHeaders, parseFacts, refuseNotOffered, writeContext } from '../object-facts.ts'
import { openPayload } from '../payload.ts'
import { type Stored, storeStream } from '../storing.ts'
import { parseTagsHeader, requestedTagsContext } from '../tags.ts'

const ETAG_BYTES = 16

/** PutObject. */
export const putObject: S3Operation = {
  name: 'PutObject',
  readOnly: false,
  on: 'object',
  run: put,
}

async function put(call: ObjectCall): Promise<S3Answer> {
  const { bucket, key, request, dependencies } = call
  const { headers } = request
  refuseNotOffered(headers)
  const choice = encryptionChoice(headers, bucket.encryption, call.customerKey())
  const tags = parseTagsHeader(headers)
  await authorizeWrite(call, tags)
  const facts = parseFacts(headers)
  checkWrite(headers, dependencies.catalogue.object(bucket.name, key))
  const payload = openPayload(request, call.authenticated, choice.type === 'AES256')
  const finish = (): StoredFacts => {
    const { md5, checksum } = payload.finish()
    return { md5, checksum: checksum && { ...checksum, type: 'FULL_OBJECT' } }
  }
  const bytes = { pieces: payload.pieces, finish }
  const entry = await storeObject(call, { choice, bytes, facts: { ...facts, tags } })
  const { answer, versionHeaders } = await replaceObject(call, entry)
  return { ...answer, headers: [...uploadHeaders(entry, headers), ...versionHeaders] }
}

/** What is known of an object once its bytes are stored. */
type StoredFacts = {
  readonly md5: string | undefined
  readonly checksum: ObjectChecksum | undefined
}

/** An object that is to be stored. */
type NewObject = {
  readonly choice: EncryptionChoice
  readonly bytes: Stored<StoredFacts>
  readonly facts: ObjectFacts
}

/** Stores the bytes of a new object, which nothing names yet. @throws what {@link storeStream} throws. */
export async function storeObject(
  call: ObjectCall,
  { choice, bytes, facts }: NewObject,
): Promise<ObjectEntry> {
  const { bucket, key, dependencies } = call
  const { dataKey, encryption } = await dependencies.dataKeys.create(call, choice)
  using _dataKey = dataKey
  const version = newVersion(call)
  const binding = { bucket: bucket.name, key, version, part: 0 }
  const { stream, facts: seen } = await storeStream(dependencies, dataKey, binding, bytes)
  return {
    format: 1,
    version,
    sizeBytes: stream.sizeBytes,
    etag: etagOf(call, choice, seen.md5),
    modifiedAt: dependencies.clock.now(),
    encryption,
    ...(seen.checksum !== undefined && { checksum: seen.checksum }),
    streams: [{ ...stream, part: 0 }],
    ...facts,
  }
}

/** The permission to write an object, with tags if it gets some. @throws S3Error AccessDenied. */
export async function authorizeWrite(call: ObjectCall, tags?: Tags): Promise<void> {
  const { bucket, key, request } = call
  const [ofHeaders, ofTags] = [writeContext(request.headers), requestedTagsContext(tags)]
  const context = (name: string) => ofHeaders(name) ?? ofTags(name)
  const need = { resource: objectArn(bucket.name, key), bucket, context }
  await call.authorize([{ action: 's3:PutObject', ...need }])
  if (tags !== undefined) await call.authorize([{ action: 's3:PutObjectTagging', ...need }])
  await authorizeMatch(call)
}

/**
 * The permission for `If-Match`, whose answer says whether the object has an ETag, which may be the MD5 of its bytes.
 * Source: Amazon S3 User Guide, "Conditional writes".
 *
 * @throws S3Error AccessDenied.
 */
export async function authorizeMatch(call: ObjectCall): Promise<void> {
  const { bucket, key, request } = call
  if (!request.headers.has('if-match')) return
  await call.authorize([{ action: 's3:GetObject', resource: objectArn(bucket.name, key), bucket }])
}

/** The id of a new version. */
export function newVersion({ dependencies }: Pick<ObjectCall, 'dependencies'>): string {
  return toHex(dependencies.random.bytes(16))
}

/**
 * The ETag of an object that was put at once: MD5 of its bytes, or a random value. Source: Amazon S3 API Reference,
 * "Object": the ETag of an object that KMS protects is no MD5.
 */
export function etagOf(
  call: ObjectCall,
  { type }: Pick<EncryptionChoice, 'type'>,
  md5: string | undefined,
): string {
  return type === 'AES256' && md5 !== undefined ? md5 : toHex(call.dependencies.random.bytes(ETAG_BYTES))
}

/** The answer that makes an object current, and headers that name its version. @throws S3Error PreconditionFailed. */
export async function replaceObject(
  call: ObjectCall,
  entry: ObjectEntry,
): Promise<{
  readonly answer: S3Answer
  readonly versionHeaders: NonNullable<S3Answer['headers']>
}> {
  const { bucket, key, request, dependencies } = call
  const { catalogue, files } = dependencies
  try {
    const now = await holdObject(call, key)
    checkWrite(request.headers, catalogue.object(bucket.name, key))
    const versions = new KeyVersions(catalogue, now, key)
    const added = versions.add(entry)
    const versionHeaders = versionHeadersOf(now, added)
    return {
      answer: {
        ...versions.outcome(),
        settles: entry.streams.map(({ file }) => file),
        isCommitted: () => isStored(call, added),
        event: eventOf(versionHeaders),
      },
      versionHeaders,
    }
  } catch (error) {
    await Promise.all(entry.streams.map(({ file }) => files.remove(file)))
    throw error
  }
}

/** Whether a version of a key that the call holds is in the catalogue. */
function isStored({ bucket, key, dependencies }: ObjectCall, { version }: VersionEntry): boolean {
  return dependencies.catalogue.object(bucket.name, key)?.version === version
}

/** What an event says of a version. */
export function eventOf(headers: NonNullable<S3Answer['headers']>): NonNullable<S3Answer['event']> {
  return headers.length === 0 ? {} : { response: Object.fromEntries(headers) }
}

/** The header that names a version; none for a bucket that has never had versions. */
export function versionHeadersOf(
  { versioning }: BucketEntry,
  entry: VersionEntry,
): readonly (readonly [string, string])[] {
  return versioning === undefined ? [] : [['x-amz-version-id', versionIdOf(entry)]]
}

/** The headers of an answer to an upload. */
function uploadHeaders(
  entry: ObjectEntry,
  request: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  return [
    ['ETag', `"${entry.etag}"`],
    ...encryptionHeaders(entry.encryption, request),
    ...checksumHeaders(entry),
  ]
}
