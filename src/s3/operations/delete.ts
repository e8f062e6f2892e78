import { readDocument } from '../body.ts'
import type { BucketCall, S3Answer, S3Operation } from '../call.ts'
import type { CatalogueChange } from '../catalogue.ts'
import { checkWrite } from '../conditions.ts'
import { holdObject } from '../current-bucket.ts'
import { objectArn } from '../encryption.ts'
import type { BucketEntry } from '../entries.ts'
import { KeyVersions, NULL_VERSION, parseVersionId, versionIdOf } from '../key-versions.ts'
import { refuseNotOffered } from '../object-facts.ts'
import { checkKeyLength } from '../request.ts'
import { notImplemented, S3Error } from '../s3-error.ts'
import {
  children,
  formatXml,
  malformedXml,
  parseXml,
  textOf,
  type XmlElement,
  type XmlValue,
} from '../xml.ts'
import { authorizeMatch, eventOf, newVersion } from './put-object.ts'

/** Objects of one DeleteObjects. Source: Amazon S3 API Reference, "DeleteObjects". */
const OBJECTS_MAX = 1_000

/** DeleteObject. An object that does not exist is deleted too. */
export const deleteObject: S3Operation = {
  name: 'DeleteObject',
  readOnly: false,
  on: 'object',
  run: async (call) => {
    const { key, versionId, request, dependencies } = call
    refuseNotOffered(request.headers)
    const target = { key, versionId }
    await authorizeDelete(call, target)
    await authorizeMatch(call)
    const now = await holdObject(call, key)
    const versions = new KeyVersions(dependencies.catalogue, now, key)
    const named = versions.find(versionId)
    checkWrite(request.headers, named?.isMarker === true ? undefined : named)
    const removed = removeHeld(call, { bucket: now, versions }, target)
    const headers = headersOf(removed)
    return { status: 204, headers, ...versions.outcome(), event: eventOf(headers) }
  },
}

type Target = { readonly key: string; readonly versionId: string | undefined }

/** What a deletion has done: which version it has removed, or the delete marker that it has made. */
type Removed = {
  readonly versionId?: string | undefined
  readonly isMarker: boolean
  /** Whether the marker is new. */
  readonly isNew: boolean
}

/** Removes a version of a key that the call holds; without a version, the object, or hides it by a delete marker. */
function removeHeld(
  call: BucketCall,
  { bucket, versions }: { readonly bucket: BucketEntry; readonly versions: KeyVersions },
  { versionId }: Target,
): Removed {
  if (versionId !== undefined) {
    const entry = versions.find(versionId)
    if (entry !== undefined) versions.remove(entry)
    return { versionId, isMarker: entry?.isMarker === true, isNew: false }
  }
  const marker = KeyVersions.marker(newVersion(call), call.dependencies.clock.now())
  if (bucket.versioning !== undefined) {
    return { versionId: versionIdOf(versions.add(marker)), isMarker: true, isNew: true }
  }
  const entry = versions.latest()
  if (entry !== undefined) versions.remove(entry)
  return { isMarker: false, isNew: false }
}

function headersOf({ versionId, isMarker }: Removed): readonly (readonly [string, string])[] {
  return [
    ...(isMarker ? [['x-amz-delete-marker', 'true'] as const] : []),
    ...(versionId === undefined ? [] : [['x-amz-version-id', versionId] as const]),
  ]
}

function authorizeDelete(call: BucketCall, { key, versionId }: Target): Promise<void> {
  const { bucket } = call
  return call.authorize([
    {
      action: versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion',
      resource: objectArn(bucket.name, key),
      bucket,
      context: (name) => (name === 's3:versionid' ? versionId : undefined),
    },
  ])
}

/** DeleteObjects: each object is decided by itself. */
export const deleteObjects: S3Operation = {
  name: 'DeleteObjects',
  readOnly: false,
  on: 'bucket',
  run: deleteMany,
}

async function deleteMany(call: BucketCall): Promise<S3Answer> {
  checkSum(call.request.headers)
  const document = parseXml(await readDocument(call), 'Delete')
  const targets = targetsOf(document)
  const isQuiet = textOf(document, 'Quiet') === 'true'
  const deleted: XmlValue[] = []
  const errors: XmlValue[] = []
  const refused: Target[] = []
  const changes: CatalogueChange[] = []
  const disposes: string[] = []
  // Sorted, so that two calls that hold the same objects do not wait for each other.
  for (const [key, ofKey] of [...targets].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const allowed: Target[] = []
    for (const target of ofKey) {
      const error = await refusalOf(call, target)
      if (error === undefined) {
        allowed.push(target)
        continue
      }
      refused.push(target)
      errors.push({ Key: key, VersionId: target.versionId, Code: error.code, Message: error.message })
    }
    if (allowed.length === 0) continue
    const bucket = await holdObject(call, key)
    const versions = new KeyVersions(call.dependencies.catalogue, bucket, key)
    for (const target of allowed) {
      const removed = removeHeld(call, { bucket, versions }, target)
      if (!isQuiet) deleted.push(deletedElement(target, removed))
    }
    const outcome = versions.outcome()
    changes.push(...outcome.changes)
    disposes.push(...outcome.disposes)
  }
  return {
    body: formatXml('DeleteResult', { Deleted: deleted, Error: errors }),
    changes,
    disposes,
    event: eventsOf([...targets.values()].flat(), refused),
  }
}

/** Bytes of the keys that one event names: CloudTrail's `additionalEventData` has 28 KB. */
const EVENT_KEYS_MAX_BYTES = 24_576

/** The events of a call: as many as it takes to name each key. */
function eventsOf(targets: readonly Target[], refused: readonly Target[]): NonNullable<S3Answer['event']> {
  const named = ({ key, versionId }: Target) => (versionId === undefined ? key : { key, versionId })
  const isRefused = new Set(refused)
  const parts: { keys: unknown[]; refused: unknown[] }[] = []
  let room = 0
  for (const target of targets) {
    const name = named(target)
    const both = isRefused.has(target) ? 2 : 1
    const sizeBytes = both * (Buffer.byteLength(JSON.stringify(name)) + 1)
    if (sizeBytes > room) {
      parts.push({ keys: [], refused: [] })
      room = EVENT_KEYS_MAX_BYTES
    }
    room -= sizeBytes
    parts.at(-1)?.keys.push(name)
    if (isRefused.has(target)) parts.at(-1)?.refused.push(name)
  }
  if (parts.length === 1) return { additional: parts[0] ?? {} }
  const [first = {}, ...more] = parts.map((part, at) => ({ ...part, part: at + 1, parts: parts.length }))
  return { additional: first, more }
}

/** @throws S3Error InvalidRequest when nothing protects the body. */
function checkSum(headers: ReadonlyMap<string, string>): void {
  const isSummed = [...headers.keys()].some(
    (name) => name === 'content-md5' || name.startsWith('x-amz-checksum-'),
  )
  const hash = headers.get('x-amz-content-sha256') ?? ''
  if (isSummed || headers.has('x-amz-trailer') || hash !== 'UNSIGNED-PAYLOAD') return
  throw new S3Error(
    'InvalidRequest',
    'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
  )
}

/** Why the caller may not delete something. */
async function refusalOf(call: BucketCall, target: Target): Promise<S3Error | undefined> {
  try {
    if (target.versionId !== undefined && target.versionId !== NULL_VERSION) parseVersionId(target.versionId)
    await authorizeDelete(call, target)
    return undefined
  } catch (error) {
    if (!(error instanceof S3Error)) throw error
    if (error.code === 'AccessDenied' || error.code === 'InvalidArgument') return error
    throw error
  }
}

function deletedElement({ key, versionId }: Target, removed: Removed): XmlValue {
  return {
    Key: key,
    VersionId: versionId,
    DeleteMarker: removed.isMarker ? true : undefined,
    DeleteMarkerVersionId: removed.isMarker ? removed.versionId : undefined,
  }
}

/** What is to be deleted, by key; each once. */
function targetsOf(document: XmlElement): ReadonlyMap<string, readonly Target[]> {
  const objects = children(document, 'Object')
  if (objects.length === 0 || objects.length > OBJECTS_MAX) throw malformedXml()
  const targets = new Map<string, Map<string | undefined, Target>>()
  for (const object of objects) {
    const key = children(object, 'Key')[0]?.text
    if (key === undefined || key === '') throw malformedXml()
    checkKeyLength(key)
    if (object.children.some(({ name }) => name !== 'Key' && name !== 'VersionId'))
      throw notImplemented('DeleteObjects with conditions')
    const versionId = textOf(object, 'VersionId') || undefined
    const ofKey = targets.get(key) ?? new Map<string | undefined, Target>()
    targets.set(key, ofKey.set(versionId, { key, versionId }))
  }
  return new Map([...targets].map(([key, ofKey]) => [key, [...ofKey.values()]]))
}
