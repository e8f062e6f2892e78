import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type CannedAnswer, parseCannedAnswer } from './floor-protocol.ts'

/**
 * The floor: the baseline cost of `node:http`. It reads each request to its end and sends the response that the bench
 * last configured, without parsing the request.
 */
let canned: CannedAnswer = { headers: [], body: '', sendDate: true }

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const chunks: Uint8Array[] = []
  request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  request.on('end', () => {
    response.sendDate = canned.sendDate
    response.writeHead(200, [...canned.headers])
    response.end(canned.body)
  })
})

process.on('message', (message) => {
  canned = parseCannedAnswer(message)
  if (server.listening) tellPort()
  else server.listen(0, '127.0.0.1', tellPort)
})
process.on('disconnect', () => process.exit())
// Ctrl-C signals the whole process group. The parent process decides when this one ends.
process.on('SIGINT', () => {})

function tellPort(): void {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : undefined)
}
