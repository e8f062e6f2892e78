import { fromUtf8 } from '../base/bytes.ts'
import type { Timers } from '../base/ports.ts'
import type { S3Call } from './call.ts'
import { openPayload } from './payload.ts'
import { S3Error } from './s3-error.ts'

/** The largest document: CompleteMultipartUpload with 10,000 parts and their checksums. */
const DOCUMENT_MAX_BYTES = 2_097_152
/** How long a document may take in all. Source: Holdfast's own; the code is that of S3 for a client that is too slow. */
export const DOCUMENT_TIMEOUT_MS = 60_000

/**
 * The body of a request as text, checked. What was decided before about the call is decided again then: its access key,
 * policies and bucket may have changed while the body arrived.
 *
 * @param maxBytes the limit of this document.
 * @throws S3Error.
 */
export async function readDocument(
  { request, authenticated, dependencies, decideAgain }: S3Call,
  maxBytes = DOCUMENT_MAX_BYTES,
): Promise<string> {
  const payload = openPayload(request, authenticated, false)
  if (payload.sizeBytes > maxBytes) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size')
  }
  const bytes = await readInTime(payload.pieces, dependencies.timers)
  payload.finish()
  await decideAgain()
  return fromUtf8(bytes)
}

/** All pieces of a document. @throws S3Error RequestTimeout. */
export async function readInTime(pieces: AsyncIterable<Uint8Array>, timers: Timers): Promise<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  const readAll = async (): Promise<Uint8Array> => {
    const read: Uint8Array[] = []
    for (;;) {
      const next = await iterator.next()
      if (next.done === true) return Buffer.concat(read)
      read.push(next.value)
    }
  }
  return inTime(iterator, readAll, timers)
}

/** What is read of an iterator, which ends here if that takes too long. @throws S3Error RequestTimeout. */
export async function inTime<T>(
  iterator: AsyncIterator<Uint8Array>,
  read: () => Promise<T>,
  timers: Timers,
): Promise<T> {
  const late = Promise.withResolvers<'late'>()
  const timer = timers.after(DOCUMENT_TIMEOUT_MS, () => late.resolve('late'))
  const reading = read().then((value) => ({ value }))
  // It may fail when nobody waits for it any more.
  reading.catch(() => {})
  try {
    const outcome = await Promise.race([late.promise, reading])
    if (outcome !== 'late') return outcome.value
  } finally {
    timer.cancel()
  }
  // It ends when the connection does, which is after the answer.
  iterator.return?.().catch(() => {})
  throw tooSlow()
}

function tooSlow(): S3Error {
  return new S3Error(
    'RequestTimeout',
    'Your socket connection to the server was not read from or written to within the timeout period.',
  )
}
