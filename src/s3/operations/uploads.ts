import type { S3Operation } from '../call.ts'
import { bucketArn, objectArn } from '../encryption.ts'
import { invalidArgument } from '../s3-error.ts'
import { formatXml } from '../xml.ts'
import { encoderOf } from './list-objects.ts'
import { findUpload } from './multipart.ts'

/** Items of one answer. Source: Amazon S3 API Reference, "ListParts" and "ListMultipartUploads". */
const ITEMS_MAX = 1_000

/** ListParts. */
export const listParts: S3Operation = {
  name: 'ListParts',
  readOnly: true,
  on: 'object',
  run: async (call) => {
    const { bucket, key, request, dependencies } = call
    await call.authorize([
      { action: 's3:ListMultipartUploadParts', resource: objectArn(bucket.name, key), bucket },
    ])
    const upload = findUpload(call)
    const marker = numberOf(request.query, 'part-number-marker', 0)
    const max = Math.min(ITEMS_MAX, numberOf(request.query, 'max-parts', ITEMS_MAX))
    const found = dependencies.catalogue.parts(upload.id, marker, max + 1)
    const shown = found.slice(0, max)
    const encode = encoderOf(request.query.get('encoding-type'))
    return {
      body: formatXml('ListPartsResult', {
        Bucket: bucket.name,
        Key: encode(key),
        UploadId: upload.id,
        PartNumberMarker: marker,
        NextPartNumberMarker: shown.at(-1)?.part ?? marker,
        MaxParts: max,
        IsTruncated: found.length > max,
        ChecksumAlgorithm: upload.checksumAlgorithm?.toUpperCase(),
        ChecksumType: upload.checksumType,
        Part: shown.map(({ part, etag, modifiedAt, sizeBytes, checksum }) => ({
          PartNumber: part,
          LastModified: new Date(modifiedAt).toISOString(),
          ETag: `"${etag}"`,
          Size: sizeBytes,
          ...(checksum !== undefined && { [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value }),
        })),
        Initiator: { ID: upload.initiator, DisplayName: upload.initiator },
        Owner: { ID: bucket.account, DisplayName: bucket.account },
        StorageClass: 'STANDARD',
      }),
    }
  },
}

/** ListMultipartUploads. */
export const listMultipartUploads: S3Operation = {
  name: 'ListMultipartUploads',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    const { bucket, request, dependencies } = call
    const { query } = request
    await call.authorize([
      { action: 's3:ListBucketMultipartUploads', resource: bucketArn(bucket.name), bucket },
    ])
    const prefix = query.get('prefix') ?? ''
    const delimiter = query.get('delimiter')
    if (delimiter !== undefined && delimiter !== '') {
      throw invalidArgument('A delimiter is not supported for uploads', 'delimiter', delimiter)
    }
    const keyMarker = query.get('key-marker') ?? ''
    const idMarker = query.get('upload-id-marker')
    const max = Math.min(ITEMS_MAX, numberOf(query, 'max-uploads', ITEMS_MAX))
    const encode = encoderOf(query.get('encoding-type'))
    const after = keyMarker === '' ? undefined : { key: keyMarker, id: idMarker }
    const uploads = dependencies.catalogue.uploads(bucket.name, { after, prefix, limit: max + 1 })
    const shown = uploads.slice(0, max)
    const last = shown.at(-1)
    return {
      body: formatXml('ListMultipartUploadsResult', {
        Bucket: bucket.name,
        KeyMarker: encode(keyMarker),
        UploadIdMarker: idMarker,
        NextKeyMarker: last && encode(last.key),
        NextUploadIdMarker: last?.id,
        Prefix: encode(prefix),
        MaxUploads: max,
        IsTruncated: uploads.length > max,
        Upload: shown.map(({ key, id, createdAt, initiator, checksumAlgorithm, checksumType }) => ({
          Key: encode(key),
          UploadId: id,
          Initiator: { ID: initiator, DisplayName: initiator },
          Owner: { ID: bucket.account, DisplayName: bucket.account },
          StorageClass: 'STANDARD',
          Initiated: new Date(createdAt).toISOString(),
          ChecksumAlgorithm: checksumAlgorithm?.toUpperCase(),
          ChecksumType: checksumType,
        })),
      }),
    }
  },
}

function numberOf(query: ReadonlyMap<string, string>, name: string, byDefault: number): number {
  const text = query.get(name)
  if (text === undefined || text === '') return byDefault
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text)
}
