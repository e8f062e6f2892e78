import { toHex } from '../base/bytes.ts'
import type { Secret } from '../base/secret.ts'
import { runningHash } from '../crypto/running-hash.ts'
import type { OperationDependencies } from './call.ts'
import type { StoredStream } from './object-files.ts'
import { DamagedObject, type StreamBinding } from './stream-format.ts'

/** Bytes to store, and what is known of them once they are read. */
export type Stored<T> = { readonly pieces: AsyncIterable<Uint8Array>; readonly finish: () => T }

/** A stream that is stored and not yet named, and what `finish` has returned. */
export type Unnamed<T> = { readonly stream: StoredStream; readonly facts: T }

/** Bytes that are read back: a client waits for them. */
const READ_BACK_MAX_BYTES = 16_777_216

/** Buckets whose first stream since the start was read back. */
const READ_BACK = new WeakMap<object, Set<string>>()

/**
 * Stores a stream and checks what was read. If anything fails, nothing is stored. The beginning of the first stream of each bucket since
 * the start is read back from the disk and compared.
 *
 * @throws what `pieces` and `finish` throw; DamagedObject when the disk does not hold what was written.
 */
export async function storeStream<T>(
  { files }: Pick<OperationDependencies, 'files'>,
  dataKey: Secret,
  binding: StreamBinding,
  { pieces, finish }: Stored<T>,
): Promise<Unnamed<T>> {
  const known = READ_BACK.get(files) ?? new Set<string>()
  READ_BACK.set(files, known)
  if (known.has(binding.bucket)) {
    const stream = await files.write(dataKey, binding, pieces)
    return { stream, facts: await finished(files, stream, finish) }
  }
  const hash = runningHash('sha256')
  const stream = await files.write(dataKey, binding, observed(pieces, hash))
  const facts = await finished(files, stream, finish)
  const again = runningHash('sha256')
  const read = files.read(
    { ...stream, binding, dataKey },
    { begin: 0, end: Math.min(stream.sizeBytes, READ_BACK_MAX_BYTES) },
  )
  for await (const piece of read) again.update(piece)
  if (toHex(again.digest()) !== toHex(hash.digest())) {
    await files.remove(stream.file)
    throw new DamagedObject(`the disk does not hold what was written to bucket ${binding.bucket}`)
  }
  known.add(binding.bucket)
  return { stream, facts }
}

async function finished<T>(
  files: OperationDependencies['files'],
  stream: StoredStream,
  finish: () => T,
): Promise<T> {
  try {
    return finish()
  } catch (error) {
    await files.remove(stream.file)
    throw error
  }
}

async function* observed(
  pieces: AsyncIterable<Uint8Array>,
  hash: { readonly update: (bytes: Uint8Array) => void },
): AsyncIterable<Uint8Array> {
  let left = READ_BACK_MAX_BYTES
  for await (const piece of pieces) {
    hash.update(piece.subarray(0, left))
    left = Math.max(0, left - piece.length)
    yield piece
  }
}
