import { readDocument } from '../body.ts'
import type { BucketCall, S3Answer, S3Call, S3Operation } from '../call.ts'
import { putBucket, removeBucket } from '../catalogue.ts'
import { currentBucket } from '../current-bucket.ts'
import { bucketArn } from '../encryption.ts'
import type { BucketEntry } from '../entries.ts'
import { refuseNotOffered } from '../object-facts.ts'
import { notImplemented, S3Error } from '../s3-error.ts'
import { formatXml, parseXml, textOf } from '../xml.ts'

/** Source: Amazon S3 User Guide, "General purpose bucket naming rules". */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const NO_BUCKET_NAME =
  /\.\.|^\d{1,3}(?:\.\d{1,3}){3}$|^xn--|^sthree-|^amzn-s3-demo-|-s3alias$|--ol-s3$|\.mrap$|--x-s3$/
/** Source: Amazon S3 User Guide, "Bucket quotas": 10,000 in one account. */
const BUCKETS_MAX = 10_000

/** ListBuckets. */
export const listBuckets: S3Operation = {
  name: 'ListBuckets',
  readOnly: true,
  on: 'service',
  run: async (call) => {
    await call.authorize([{ action: 's3:ListAllMyBuckets', resource: '*', bucket: undefined }])
    const { account } = call.caller
    const prefix = call.request.query.get('prefix') ?? ''
    const own = call.dependencies.catalogue
      .buckets()
      .filter((bucket) => bucket.account === account && bucket.name.startsWith(prefix))
    return {
      body: formatXml('ListAllMyBucketsResult', {
        Owner: { ID: account, DisplayName: account },
        Buckets: {
          Bucket: own.map(({ name, createdAt, region }) => ({
            Name: name,
            CreationDate: new Date(createdAt).toISOString(),
            BucketRegion: region,
          })),
        },
      }),
    }
  },
}

/** CreateBucket. */
export const createBucket: S3Operation = {
  name: 'CreateBucket',
  readOnly: false,
  on: 'new-bucket',
  run: create,
}

async function create(call: S3Call & { readonly name: string }): Promise<S3Answer> {
  const { name, caller, dependencies, region, request } = call
  if (!BUCKET_NAME.test(name) || NO_BUCKET_NAME.test(name)) {
    throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', {
      elements: { BucketName: name },
    })
  }
  refuseNotOffered(request.headers)
  await call.authorize([{ action: 's3:CreateBucket', resource: bucketArn(name), bucket: undefined }])
  const length = request.headers.get('content-length')
  if (length !== undefined && length !== '0') checkLocation(await readDocument(call), region)
  const { catalogue, locks } = dependencies
  call.defer(await locks.holdObject(`new ${name}`, ''))
  const known = catalogue.bucket(name)
  const elements = { BucketName: name }
  if (known?.account === caller.account) {
    const message = 'Your previous request to create the named bucket succeeded and you already own it.'
    throw new S3Error('BucketAlreadyOwnedByYou', message, { elements })
  }
  if (known !== undefined) {
    const message =
      'The requested bucket name is not available. Please select a different name and try again.'
    throw new S3Error('BucketAlreadyExists', message, { elements })
  }
  if (catalogue.buckets().filter(({ account }) => account === caller.account).length >= BUCKETS_MAX) {
    throw new S3Error('TooManyBuckets', 'You have attempted to create more buckets than allowed')
  }
  const entry: BucketEntry = {
    format: 1,
    name,
    account: caller.account,
    region,
    createdAt: call.now,
    encryption: { algorithm: 'AES256', bucketKey: false },
  }
  call.involve({ account: caller.account, arn: bucketArn(name), type: 'AWS::S3::Bucket' })
  return { headers: [['Location', `/${name}`]], changes: [putBucket(entry)] }
}

/** @throws S3Error when the constraint is another region than that of the request, or for another demand. */
function checkLocation(text: string, region: string): void {
  const document = parseXml(text, 'CreateBucketConfiguration')
  const other = document.children.find(({ name }) => name !== 'LocationConstraint')
  if (other !== undefined) throw notImplemented(other.name)
  const location = textOf(document, 'LocationConstraint')
  if (location === undefined || location === '' || location === region) return
  throw new S3Error(
    'IllegalLocationConstraintException',
    `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  )
}

/** HeadBucket. */
export const headBucket: S3Operation = {
  name: 'HeadBucket',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:ListBucket')
    return { headers: [['x-amz-bucket-region', call.bucket.region]] }
  },
}

/** GetBucketLocation. */
export const getBucketLocation: S3Operation = {
  name: 'GetBucketLocation',
  readOnly: true,
  on: 'bucket',
  anyRegion: true,
  run: async (call) => {
    await authorizeBucket(call, 's3:GetBucketLocation')
    const { region } = call.bucket
    // Source: Amazon S3 API Reference, "GetBucketLocation": us-east-1 has no constraint, and the text is in the root.
    const text = region === 'us-east-1' ? '' : region
    return { body: formatXml('LocationConstraint', {}).replace('></', `>${text}</`) }
  },
}

/** DeleteBucket. */
export const deleteBucket: S3Operation = {
  name: 'DeleteBucket',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:DeleteBucket')
    const { bucket, dependencies } = call
    call.defer(dependencies.locks.holdBucket(bucket.name))
    currentBucket(dependencies.catalogue, bucket)
    if (!dependencies.catalogue.isEmpty(bucket.name)) {
      const message =
        bucket.versioning === undefined
          ? 'The bucket you tried to delete is not empty'
          : 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.'
      throw new S3Error('BucketNotEmpty', message, { elements: { BucketName: bucket.name } })
    }
    return { status: 204, changes: [removeBucket(bucket.name)] }
  },
}

/** Decides one permission on the bucket itself. @throws S3Error AccessDenied. */
export function authorizeBucket(call: BucketCall, action: string): Promise<void> {
  const { bucket } = call
  return call.authorize([{ action, resource: bucketArn(bucket.name), bucket }])
}
