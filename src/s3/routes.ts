import type { S3Operation } from './call.ts'
import * as buckets from './operations/buckets.ts'
import { copyObject, uploadPartCopy } from './operations/copy.ts'
import * as cors from './operations/cors.ts'
import { deleteObject, deleteObjects } from './operations/delete.ts'
import * as encryption from './operations/encryption.ts'
import { getObject, headObject } from './operations/get-object.ts'
import { listObjects, listObjectsV2 } from './operations/list-objects.ts'
import * as multipart from './operations/multipart.ts'
import * as policy from './operations/policy.ts'
import { postObject } from './operations/post-object.ts'
import { putObject } from './operations/put-object.ts'
import * as tagging from './operations/tagging.ts'
import { listMultipartUploads, listParts } from './operations/uploads.ts'
import * as versioning from './operations/versioning.ts'
import type { S3Request } from './request.ts'
import { notImplemented, S3Error } from './s3-error.ts'

/** What a request asks for: an operation, or the error of what the gateway does not offer. */
export type S3Route =
  | { readonly name: string; readonly operation: S3Operation }
  | { readonly name: string; readonly operation: undefined; readonly error: S3Error }

/**
 * Subresources that S3 has and the gateway does not offer, in full or for some methods.
 * Source: Amazon S3 API Reference, "Actions".
 */
const NOT_OFFERED: ReadonlySet<string> = new Set([
  ...[
    'abac',
    'accelerate',
    'acl',
    'analytics',
    'annotation',
    'annotations',
    'attributes',
    'cors',
    'encryption',
  ],
  ...['intelligent-tiering', 'inventory', 'legal-hold', 'lifecycle', 'logging', 'metadataConfiguration'],
  ...[
    'metadataInventoryTable',
    'metadataJournalTable',
    'metadataTable',
    'metrics',
    'notification',
    'object-lock',
  ],
  ...['ownershipControls', 'policy', 'policyStatus', 'publicAccessBlock', 'renameObject', 'replication'],
  ...[
    'requestPayment',
    'restore',
    'retention',
    'select',
    'session',
    'tagging',
    'torrent',
    'uploadId',
    'uploads',
  ],
  ...['versionId', 'versioning', 'versions', 'website', 'delete', 'location', 'partNumber'],
])

/** The operation of a request. */
export function routeOf(request: S3Request): S3Route {
  const operation = findOperation(request)
  if (operation !== undefined) return { name: operation.name, operation }
  const subresource = request.query.keys().find((name) => NOT_OFFERED.has(name))
  if (subresource !== undefined) {
    return {
      name: 'Unknown',
      operation: undefined,
      error: notImplemented(`${request.method} ?${subresource}`),
    }
  }
  const error = new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.')
  return { name: 'Unknown', operation: undefined, error }
}

function findOperation(request: S3Request): S3Operation | undefined {
  if (request.bucket === undefined) {
    return request.method === 'GET' && asks(request) === undefined ? buckets.listBuckets : undefined
  }
  return request.key === undefined ? bucketOperation(request) : objectOperation(request)
}

/** The subresource that a request names; nothing for the resource itself. */
function asks({ query }: S3Request): string | undefined {
  return query.keys().find((name) => NOT_OFFERED.has(name))
}

const ON_BUCKET: Readonly<Record<string, S3Operation>> = {
  'PUT ': buckets.createBucket,
  'HEAD ': buckets.headBucket,
  'DELETE ': buckets.deleteBucket,
  'GET location': buckets.getBucketLocation,
  'GET versioning': versioning.getBucketVersioning,
  'PUT versioning': versioning.putBucketVersioning,
  'GET versions': versioning.listObjectVersions,
  'GET tagging': tagging.getBucketTagging,
  'PUT tagging': tagging.putBucketTagging,
  'DELETE tagging': tagging.deleteBucketTagging,
  'GET encryption': encryption.getBucketEncryption,
  'PUT encryption': encryption.putBucketEncryption,
  'DELETE encryption': encryption.deleteBucketEncryption,
  'GET cors': cors.getBucketCors,
  'PUT cors': cors.putBucketCors,
  'DELETE cors': cors.deleteBucketCors,
  'GET policy': policy.getBucketPolicy,
  'PUT policy': policy.putBucketPolicy,
  'DELETE policy': policy.deleteBucketPolicy,
  'GET policyStatus': policy.getBucketPolicyStatus,
  'GET publicAccessBlock': policy.getPublicAccessBlock,
  'PUT publicAccessBlock': policy.putPublicAccessBlock,
  'GET uploads': listMultipartUploads,
  'POST delete': deleteObjects,
}

function bucketOperation(request: S3Request): S3Operation | undefined {
  const what = `${request.method} ${asks(request) ?? ''}`
  if (what === 'GET ') return request.query.get('list-type') === '2' ? listObjectsV2 : listObjects
  // A form has its signature in its fields only.
  if (what === 'POST ' && !isSigned(request)) return postObject
  return ON_BUCKET[what]
}

function isSigned({ headers, query }: S3Request): boolean {
  return headers.has('authorization') || query.has('X-Amz-Signature')
}

const ON_OBJECT: Readonly<Record<string, S3Operation>> = {
  'PUT ': putObject,
  'GET ': getObject,
  'HEAD ': headObject,
  'DELETE ': deleteObject,
  'GET tagging': tagging.getObjectTagging,
  'PUT tagging': tagging.putObjectTagging,
  'DELETE tagging': tagging.deleteObjectTagging,
  'POST uploads': multipart.createMultipartUpload,
  'POST uploadId': multipart.completeMultipartUpload,
  'GET uploadId': listParts,
  'DELETE uploadId': multipart.abortMultipartUpload,
  'PUT uploadId': multipart.uploadPart,
}

/** What may name a version. */
const ON_VERSION: ReadonlySet<string> = new Set([
  ...['GET ', 'HEAD ', 'DELETE ', 'GET tagging', 'PUT tagging', 'DELETE tagging'],
])

function objectOperation(request: S3Request): S3Operation | undefined {
  const { query, headers, method } = request
  const others = new Set(query.keys().filter((name) => NOT_OFFERED.has(name)))
  const hasPart = others.delete('partNumber')
  if (hasPart !== (method === 'PUT' && others.has('uploadId'))) return undefined
  const hasVersion = others.delete('versionId')
  if (others.size > 1) return undefined
  const [subresource = ''] = others
  const what = `${method} ${subresource}`
  if (hasVersion && !ON_VERSION.has(what)) return undefined
  const operation = ON_OBJECT[what]
  if (!headers.has('x-amz-copy-source')) return operation
  if (operation === putObject) return copyObject
  return operation === multipart.uploadPart ? uploadPartCopy : operation
}
