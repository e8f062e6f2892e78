import { readDocument } from '../body.ts'
import type { BucketCall, S3Answer, S3Operation } from '../call.ts'
import { type CatalogueChange, setObject } from '../catalogue.ts'
import { checkWrite } from '../conditions.ts'
import { holdObject } from '../current-bucket.ts'
import { objectArn } from '../encryption.ts'
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
import { authorizeMatch } from './put-object.ts'

/** Objects of one DeleteObjects. Source: Amazon S3 API Reference, "DeleteObjects". */
const OBJECTS_MAX = 1_000

/** DeleteObject. An object that does not exist is deleted too. */
export const deleteObject: S3Operation = {
  name: 'DeleteObject',
  readOnly: false,
  on: 'object',
  run: async (call) => {
    const { bucket, key, request, dependencies } = call
    refuseNotOffered(request.headers)
    await authorizeDelete(call, key)
    await authorizeMatch(call)
    await holdObject(call, key)
    checkWrite(request.headers, dependencies.catalogue.object(bucket.name, key))
    return { status: 204, ...removeHeld(call, key) }
  },
}

/** Removes an object that the call holds. */
function removeHeld({ bucket, dependencies }: BucketCall, key: string): S3Answer {
  const entry = dependencies.catalogue.object(bucket.name, key)
  if (entry === undefined) return {}
  return {
    changes: [setObject(bucket.name, key, undefined)],
    disposes: entry.streams.map(({ file }) => file),
  }
}

function authorizeDelete(call: BucketCall, key: string): Promise<void> {
  const { bucket } = call
  return call.authorize([{ action: 's3:DeleteObject', resource: objectArn(bucket.name, key), bucket }])
}

/** DeleteObjects: each object is decided by itself. */
export const deleteObjects: S3Operation = {
  name: 'DeleteObjects',
  readOnly: false,
  on: 'bucket',
  run: deleteMany,
}

async function deleteMany(call: BucketCall): Promise<S3Answer> {
  const { headers } = call.request
  const isSummed = [...headers.keys()].some(
    (name) => name === 'content-md5' || name.startsWith('x-amz-checksum-'),
  )
  const hash = headers.get('x-amz-content-sha256') ?? ''
  if (!isSummed && !headers.has('x-amz-trailer') && hash === 'UNSIGNED-PAYLOAD') {
    throw new S3Error(
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    )
  }
  const document = parseXml(await readDocument(call), 'Delete')
  const keys = keysOf(document)
  const isQuiet = textOf(document, 'Quiet') === 'true'
  const deleted: XmlValue[] = []
  const errors: XmlValue[] = []
  const refused: string[] = []
  const changes: CatalogueChange[] = []
  const disposes: string[] = []
  // Sorted, so that two calls that hold the same objects do not wait for each other.
  for (const key of [...new Set(keys)].sort()) {
    try {
      await authorizeDelete(call, key)
    } catch (error) {
      if (!(error instanceof S3Error) || error.code !== 'AccessDenied') throw error
      refused.push(key)
      errors.push({ Key: key, Code: error.code, Message: error.message })
      continue
    }
    await holdObject(call, key)
    const answer = removeHeld(call, key)
    changes.push(...(answer.changes ?? []))
    disposes.push(...(answer.disposes ?? []))
    if (!isQuiet) deleted.push({ Key: key })
  }
  return {
    body: formatXml('DeleteResult', { Deleted: deleted, Error: errors }),
    changes,
    disposes,
    event: { additional: { keys, refused } },
  }
}

function keysOf(document: XmlElement): readonly string[] {
  const objects = children(document, 'Object')
  if (objects.length === 0 || objects.length > OBJECTS_MAX) throw malformedXml()
  return objects.map((object) => {
    const key = children(object, 'Key')[0]?.text
    if (key === undefined || key === '') throw malformedXml()
    checkKeyLength(key)
    if (object.children.length > 1) throw notImplemented('DeleteObjects with versions or conditions')
    return key
  })
}
