import { readDocument } from '../body.ts'
import type { BucketCall, S3Answer, S3Operation } from '../call.ts'
import { putBucket } from '../catalogue.ts'
import { CORS_MAX_BYTES, formatCors, parseCors } from '../cors.ts'
import { holdObject } from '../current-bucket.ts'
import type { CorsRule } from '../entries.ts'
import { S3Error } from '../s3-error.ts'
import { formatXml } from '../xml.ts'
import { authorizeBucket } from './buckets.ts'

/** GetBucketCors. */
export const getBucketCors: S3Operation = {
  name: 'GetBucketCors',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:GetBucketCORS')
    const { cors, name } = call.bucket
    if (cors === undefined) {
      const elements = { BucketName: name }
      throw new S3Error('NoSuchCORSConfiguration', 'The CORS configuration does not exist', { elements })
    }
    return { body: formatXml('CORSConfiguration', formatCors(cors)) }
  },
}

/** PutBucketCors. */
export const putBucketCors: S3Operation = {
  name: 'PutBucketCors',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:PutBucketCORS')
    return change(call, parseCors(await readDocument(call, CORS_MAX_BYTES)))
  },
}

/** DeleteBucketCors. */
export const deleteBucketCors: S3Operation = {
  name: 'DeleteBucketCors',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:PutBucketCORS')
    return { ...(await change(call, undefined)), status: 204 }
  },
}

async function change(call: BucketCall, cors: readonly CorsRule[] | undefined): Promise<S3Answer> {
  const now = await holdObject(call, '')
  return { changes: [putBucket({ ...now, cors })], event: { additional: { cors: cors ?? [] } } }
}
