import { readDocument } from '../body.ts'
import type { BucketCall, S3Answer, S3Operation } from '../call.ts'
import { putBucket } from '../catalogue.ts'
import { currentBucket, holdObject } from '../current-bucket.ts'
import type { BucketEncryption } from '../entries.ts'
import { notImplemented, S3Error } from '../s3-error.ts'
import { child, children, formatXml, malformedXml, parseXml, textOf, type XmlElement } from '../xml.ts'
import { authorizeBucket } from './buckets.ts'

/** The default encryption of a bucket without a configuration. */
const BY_DEFAULT: BucketEncryption = { algorithm: 'AES256', bucketKey: false }
const KEY_ID_MAX_CHARS = 2048

/** GetBucketEncryption. */
export const getBucketEncryption: S3Operation = {
  name: 'GetBucketEncryption',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:GetEncryptionConfiguration')
    const { algorithm, keyId, bucketKey } = call.bucket.encryption
    return {
      body: formatXml('ServerSideEncryptionConfiguration', {
        Rule: {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId },
          BucketKeyEnabled: bucketKey,
        },
      }),
    }
  },
}

/** PutBucketEncryption. The key is not looked up: who puts objects must be allowed to use it. */
export const putBucketEncryption: S3Operation = {
  name: 'PutBucketEncryption',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:PutEncryptionConfiguration')
    const document = parseXml(await readDocument(call), 'ServerSideEncryptionConfiguration')
    return { ...(await change(call, parseEncryption(document))), status: 200 }
  },
}

/** DeleteBucketEncryption: the bucket has the encryption of a new one. */
export const deleteBucketEncryption: S3Operation = {
  name: 'DeleteBucketEncryption',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:PutEncryptionConfiguration')
    return { ...(await change(call, BY_DEFAULT)), status: 204 }
  },
}

async function change(call: BucketCall, encryption: BucketEncryption): Promise<S3Answer> {
  const { bucket, dependencies } = call
  await holdObject(call, '')
  const now = currentBucket(dependencies.catalogue, bucket)
  return {
    changes: [putBucket({ ...now, encryption })],
    event: { additional: { bucketEncryption: { ...encryption } } },
  }
}

/** @throws S3Error. */
function parseEncryption(document: XmlElement): BucketEncryption {
  const rules = children(document, 'Rule')
  const [rule] = rules
  if (rule === undefined || rules.length > 1) throw malformedXml()
  if (child(rule, 'BlockedEncryptionTypes') !== undefined) throw notImplemented('BlockedEncryptionTypes')
  const byDefault = child(rule, 'ApplyServerSideEncryptionByDefault')
  const flag = textOf(rule, 'BucketKeyEnabled') ?? 'false'
  if (flag !== 'true' && flag !== 'false') throw malformedXml()
  const bucketKey = flag === 'true'
  if (byDefault === undefined) return { algorithm: 'AES256', bucketKey }
  const keyId = textOf(byDefault, 'KMSMasterKeyID')
  const algorithm = textOf(byDefault, 'SSEAlgorithm')
  switch (algorithm) {
    case 'AES256':
      if (keyId !== undefined) {
        throw new S3Error(
          'InvalidArgument',
          'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
          { elements: { ArgumentName: 'ApplyServerSideEncryptionByDefault' } },
        )
      }
      return { algorithm: 'AES256', bucketKey }
    case 'aws:kms':
    case 'aws:kms:dsse':
      if (keyId !== undefined && (keyId === '' || keyId.length > KEY_ID_MAX_CHARS)) throw malformedXml()
      return { algorithm, keyId, bucketKey }
    default:
      throw malformedXml()
  }
}
