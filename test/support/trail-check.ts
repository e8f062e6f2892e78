/** For tests: repeats the checks of `aws cloudtrail validate-logs` on a bucket, and finds duplicates. */

import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { DIGEST_KEY } from '../../src/cloudtrail/trail-records.ts'
import { LIST_MAX_RECORDS, type Records } from '../../src/store/records.ts'
import type { StoredObject } from './s3.ts'

/** Objects by `bucket/key`. */
export type Bucket = ReadonlyMap<string, StoredObject>

type Digest = {
  readonly digestS3Bucket: string
  readonly digestS3Object: string
  readonly digestPublicKeyFingerprint: string
  readonly digestStartTime: string
  readonly digestEndTime: string
  readonly previousDigestS3Object: string | null
  readonly previousDigestHashValue: string | null
  readonly previousDigestSignature: string | null
  readonly logFiles: readonly { readonly s3Object: string; readonly hashValue: string }[]
}

const isDigest = (path: string): boolean => path.includes('/CloudTrail-Digest/')
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The IDs of all events in the log files of a bucket, in no particular order. */
export function deliveredIds(bucket: Bucket): readonly string[] {
  return [...bucket]
    .filter(([path]) => !isDigest(path))
    .flatMap(([, { bytes }]) => JSON.parse(gunzipSync(bytes).toString()).Records)
    .map(({ eventID }: { readonly eventID: string }) => eventID)
}

/** Checks the digests of a Region, newest first, and their files. Returns the paths of the files. */
export async function checkRegion(
  records: Records,
  bucket: Bucket,
  region: string,
): Promise<{ readonly digests: number; readonly files: readonly string[] }> {
  const paths = [...bucket.keys()].filter((path) => isDigest(path) && path.includes(`/${region}/`)).sort()
  const keys = await records.list(DIGEST_KEY, { partition: region, limit: LIST_MAX_RECORDS })
  const files: string[] = []
  let next: Digest | undefined
  for (const path of paths.toReversed()) {
    const object = bucket.get(path)
    assert.ok(object)
    const json = gunzipSync(object.bytes)
    const digest: Digest = JSON.parse(json.toString())
    assert.equal(`${digest.digestS3Bucket}/${digest.digestS3Object}`, path)
    const record = keys.records.find(({ name }) => name === digest.digestPublicKeyFingerprint)
    const der = Buffer.from(record?.value.publicKey ?? '', 'base64')
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'pkcs1' })
    const text = [digest.digestEndTime, path, sha256(json), digest.previousDigestSignature ?? 'null'].join(
      '\n',
    )
    const signature = object.metadata['signature'] ?? ''
    assert.ok(verify('sha256', Buffer.from(text), publicKey, Buffer.from(signature, 'hex')), path)
    if (next !== undefined) {
      assert.equal(next.previousDigestS3Object, digest.digestS3Object)
      assert.equal(next.previousDigestHashValue, sha256(json))
      assert.equal(next.previousDigestSignature, signature)
      assert.equal(next.digestStartTime, digest.digestEndTime)
    }
    for (const { s3Object, hashValue } of digest.logFiles) {
      const file = bucket.get(`${digest.digestS3Bucket}/${s3Object}`)
      assert.equal(sha256(gunzipSync(file?.bytes ?? Buffer.alloc(0))), hashValue)
      files.push(`${digest.digestS3Bucket}/${s3Object}`)
    }
    next = digest
  }
  assert.equal(next?.previousDigestS3Object ?? null, null, 'the chain has a beginning')
  return { digests: paths.length, files }
}
