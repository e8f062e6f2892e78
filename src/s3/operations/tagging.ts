import { readDocument } from '../body.ts'
import type { BucketCall, ObjectCall, S3Answer, S3Operation } from '../call.ts'
import { putBucket } from '../catalogue.ts'
import { currentBucket, holdObject } from '../current-bucket.ts'
import { objectArn } from '../encryption.ts'
import type { ObjectEntry, Tags } from '../entries.ts'
import { KeyVersions } from '../key-versions.ts'
import { S3Error } from '../s3-error.ts'
import { existingTagsContext, formatTags, parseTagging, requestedTagsContext } from '../tags.ts'
import { formatXml } from '../xml.ts'
import { authorizeBucket } from './buckets.ts'
import { readableObject } from './get-object.ts'
import { versionHeadersOf } from './put-object.ts'

/** GetObjectTagging. */
export const getObjectTagging: S3Operation = {
  name: 'GetObjectTagging',
  readOnly: true,
  on: 'object',
  run: async (call) => {
    const entry = await readableObject(call, {
      action: 's3:GetObjectTagging',
      ofVersion: 's3:GetObjectVersionTagging',
    })
    return {
      headers: versionHeadersOf(call.bucket, entry),
      body: formatXml('Tagging', { TagSet: formatTags(entry.tags) }),
    }
  },
}

/** PutObjectTagging. */
export const putObjectTagging: S3Operation = {
  name: 'PutObjectTagging',
  readOnly: false,
  on: 'object',
  run: async (call) => {
    const tags = parseTagging(await readDocument(call), 'object')
    return changeTags(call, 's3:PutObject', tags)
  },
}

/** DeleteObjectTagging. */
export const deleteObjectTagging: S3Operation = {
  name: 'DeleteObjectTagging',
  readOnly: false,
  on: 'object',
  run: async (call) => ({ ...(await changeTags(call, 's3:DeleteObject', undefined)), status: 204 }),
}

async function changeTags(call: ObjectCall, prefix: string, tags: Tags | undefined): Promise<S3Answer> {
  const { bucket, key, versionId, dependencies } = call
  const action = versionId === undefined ? `${prefix}Tagging` : `${prefix}VersionTagging`
  const now = await holdObject(call, key)
  const versions = new KeyVersions(dependencies.catalogue, now, key)
  const found = versions.find(versionId)
  const [existing, requested] = [
    existingTagsContext(found?.isMarker === true ? undefined : found?.tags),
    requestedTagsContext(tags),
  ]
  const context = (name: string) =>
    name === 's3:versionid' ? versionId : (existing(name) ?? requested(name))
  await call.authorize([{ action, resource: objectArn(bucket.name, key), bucket, context }])
  const entry = found === undefined || found.isMarker === true ? await absent(call) : found
  versions.replace(entry, { ...entry, tags })
  return { ...versions.outcome(), headers: versionHeadersOf(now, entry) }
}

/** @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed, or AccessDenied for who may not learn that. */
function absent(call: ObjectCall): Promise<ObjectEntry> {
  return readableObject(call)
}

/** GetBucketTagging. */
export const getBucketTagging: S3Operation = {
  name: 'GetBucketTagging',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:GetBucketTagging')
    const { tags, name } = call.bucket
    if (tags === undefined) {
      throw new S3Error('NoSuchTagSet', 'The TagSet does not exist', { elements: { BucketName: name } })
    }
    return { body: formatXml('Tagging', { TagSet: formatTags(tags) }) }
  },
}

/** PutBucketTagging. */
export const putBucketTagging: S3Operation = {
  name: 'PutBucketTagging',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:PutBucketTagging')
    return { ...(await change(call, parseTagging(await readDocument(call), 'bucket'))), status: 204 }
  },
}

/** DeleteBucketTagging. */
export const deleteBucketTagging: S3Operation = {
  name: 'DeleteBucketTagging',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:PutBucketTagging')
    return { ...(await change(call, undefined)), status: 204 }
  },
}

async function change(call: BucketCall, tags: Tags | undefined): Promise<S3Answer> {
  await holdObject(call, '')
  const now = currentBucket(call.dependencies.catalogue, call.bucket)
  return { changes: [putBucket({ ...now, tags })], event: { additional: { tags: tags ?? {} } } }
}
