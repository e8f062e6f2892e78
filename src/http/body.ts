import type { IncomingMessage } from 'node:http'

const NO_BODY = Buffer.alloc(0)

/**
 * Reads a request's body and gives it to `done` once; nothing when it is larger than `maxBytes`.
 * A client that goes away in the middle is never answered, so `done` is not called.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (body: Uint8Array | undefined) => void,
): void {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) {
    done(undefined)
    return
  }
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  request.on('data', (chunk: Buffer) => {
    if (over) return
    size += chunk.length
    if (size > maxBytes) {
      over = true
      chunks.length = 0
      done(undefined)
      return
    }
    chunks.push(chunk)
  })
  request.on('end', () => {
    if (over) return
    const [only = NO_BODY] = chunks
    done(chunks.length <= 1 ? only : Buffer.concat(chunks))
  })
  request.on('error', () => chunks.splice(0))
}
