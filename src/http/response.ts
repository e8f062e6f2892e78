import type { ServerResponse } from 'node:http'
import type { WireResponse } from '../dispatch/wire.ts'

/**
 * Sends an answer. Header names are written as AWS capitalises them: some clients compare them by
 * case. `Date` is Node's; clients correct their clocks by it.
 */
export function sendResponse(
  response: ServerResponse,
  wire: WireResponse,
  { close }: { close: boolean },
): void {
  const headers = [
    'x-amzn-RequestId',
    wire.requestId,
    'Cache-Control',
    'no-cache, no-store, must-revalidate, private',
    'Expires',
    '0',
    'Pragma',
    'no-cache',
    'Content-Type',
    wire.mediaType,
    'Content-Length',
    String(Buffer.byteLength(wire.body)),
  ]
  if (close) headers.push('Connection', 'close')
  response.writeHead(wire.status, headers)
  response.end(wire.body)
}
