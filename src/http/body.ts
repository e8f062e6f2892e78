import type { IncomingMessage } from 'node:http'
import { findHeader } from '../dispatch/wire.ts'

const NO_BODY = Buffer.alloc(0)

/**
 * What is read, and thrown away, of a body that is too large. A connection that is closed while
 * its client still sends is reset, and the client never sees the answer.
 */
export const DISCARD_MAX_BYTES = 16_777_216

/**
 * Reads a request's body and gives it to `done` once; nothing when it is larger than `maxBytes`.
 * A client that goes away in the middle is never answered, so `done` is not called.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (body: Uint8Array | undefined) => void,
): void {
  const announced = Number(findHeader(request.rawHeaders, 'content-length') ?? 0)
  if (announced > DISCARD_MAX_BYTES) {
    done(undefined)
    return
  }
  const chunks: Buffer[] = []
  let size = 0
  let answered = false
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxBytes) {
      chunks.push(chunk)
      return
    }
    chunks.length = 0
    if (size <= DISCARD_MAX_BYTES || answered) return
    answered = true
    done(undefined)
  })
  request.on('end', () => {
    if (answered) return
    const [only = NO_BODY] = chunks
    if (size > maxBytes) done(undefined)
    else done(chunks.length <= 1 ? only : Buffer.concat(chunks))
  })
  request.on('error', () => chunks.splice(0))
}
