import { fromUtf8 } from '../base/bytes.ts'
import type { S3Call } from './call.ts'
import { openPayload } from './payload.ts'
import { S3Error } from './s3-error.ts'

/** The largest document: CompleteMultipartUpload with 10,000 parts and their checksums. */
const DOCUMENT_MAX_BYTES = 2_097_152

/**
 * The body of a request as text, checked.
 *
 * @param maxBytes the limit of this document.
 * @throws S3Error.
 */
export async function readDocument(
  { request, authenticated }: S3Call,
  maxBytes = DOCUMENT_MAX_BYTES,
): Promise<string> {
  const payload = openPayload(request, authenticated, false)
  if (payload.sizeBytes > maxBytes) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size')
  }
  const pieces: Uint8Array[] = []
  for await (const piece of payload.pieces) pieces.push(piece)
  payload.finish()
  return fromUtf8(Buffer.concat(pieces))
}
