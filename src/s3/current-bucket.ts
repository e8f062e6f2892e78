import type { BucketCall } from './call.ts'
import type { Catalogue } from './catalogue.ts'
import type { BucketEntry } from './entries.ts'
import { noSuchBucket, S3Error } from './s3-error.ts'

/**
 * The entry of a bucket as it is now. A call may take hours; meanwhile its bucket may be deleted, and another account may
 * create one of the same name, about which nothing was decided.
 *
 * @throws S3Error NoSuchBucket when the bucket is deleted, or another one has its name.
 */
export function currentBucket(
  catalogue: Pick<Catalogue, 'bucket'>,
  { name, account, createdAt }: BucketEntry,
): BucketEntry {
  const now = catalogue.bucket(name)
  if (now?.account !== account || now.createdAt !== createdAt) throw noSuchBucket(name)
  return now
}

/**
 * Holds an object of a call's bucket until the call has its outcome. Returns the bucket as it is now.
 *
 * @throws S3Error NoSuchBucket, as {@link currentBucket}.
 */
export async function holdObject(
  { bucket, dependencies, defer }: BucketCall,
  key: string,
): Promise<BucketEntry> {
  defer(await dependencies.locks.holdObject(bucket.name, key))
  return currentBucket(dependencies.catalogue, bucket)
}

/** Headers that name the account which the client expects to own a bucket, and the source of a copy. */
export const EXPECTED_OWNER = 'x-amz-expected-bucket-owner'
/** The same of the source. */
export const EXPECTED_SOURCE_OWNER = 'x-amz-source-expected-bucket-owner'

/**
 * Checks that a bucket has the owner that the client expects. Source: Amazon S3 User Guide, "Verifying bucket ownership
 * with bucket owner condition".
 *
 * @throws S3Error AccessDenied.
 */
export function checkOwner(
  headers: ReadonlyMap<string, string>,
  name: typeof EXPECTED_OWNER | typeof EXPECTED_SOURCE_OWNER,
  { account }: BucketEntry,
): void {
  const expected = headers.get(name)
  if (expected === undefined || expected === account) return
  throw new S3Error('AccessDenied', 'Access Denied', { reason: `${name} is not the owner of the bucket` })
}
