import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { probeReady } from './probe.ts'

/** What a probe says of an answer. */
async function probed(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    return await probeReady(`http://127.0.0.1:${port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('a probe says that a server is ready, or why it is not', async () => {
  assert.equal(await probed(200, 'ok\n'), 'ready')
  const full = 'not ready: the disk is full, and only revocations are done'
  assert.equal(await probed(503, `${full}\n`), full)
})

test('a probe repeats nothing that is not a reason, nothing long, and nothing that acts on a terminal', async () => {
  assert.equal(await probed(502, '<html>a gateway</html>'), 'not ready')
  assert.equal(await probed(503, ''), 'not ready')
  assert.equal(await probed(503, 'not ready: \u001b[2J'), 'not ready: \\u{1b}[2J')
  assert.equal((await probed(503, `not ready: ${'x'.repeat(10_000)}`)).length, 200)
})
