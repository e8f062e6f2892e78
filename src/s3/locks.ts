import { noSuchBucket, S3Error } from './s3-error.ts'

/** Ends a hold. */
export type Release = () => void

/**
 * Holds on objects and buckets while a call checks what is there and commits a change. Calls on one object wait for
 * each other; the removal of a bucket waits for nobody, and no object enters a bucket that is being removed.
 */
export class Locks {
  readonly #objects = new Map<string, Promise<void>>()
  readonly #inBucket = new Map<string, number>()
  readonly #removed = new Set<string>()

  /** Holds an object. @throws S3Error NoSuchBucket when its bucket is being removed. */
  async holdObject(bucket: string, key: string): Promise<Release> {
    const name = `${bucket}/${key}`
    for (let before = this.#objects.get(name); before !== undefined; before = this.#objects.get(name))
      await before
    if (this.#removed.has(bucket)) {
      throw noSuchBucket(bucket)
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#objects.set(name, promise)
    this.#inBucket.set(bucket, (this.#inBucket.get(bucket) ?? 0) + 1)
    return () => {
      this.#objects.delete(name)
      const left = (this.#inBucket.get(bucket) ?? 1) - 1
      if (left > 0) this.#inBucket.set(bucket, left)
      else this.#inBucket.delete(bucket)
      resolve()
    }
  }

  /** Holds a bucket for its removal. @throws S3Error BucketNotEmpty when a call on an object of it is in flight. */
  holdBucket(bucket: string): Release {
    if (this.#inBucket.has(bucket) || this.#removed.has(bucket)) {
      throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty')
    }
    this.#removed.add(bucket)
    return () => void this.#removed.delete(bucket)
  }
}
