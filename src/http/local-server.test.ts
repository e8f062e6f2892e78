import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { openLocalServer } from './local-server.ts'

/** The status of an answer. */
function ask(hostname: string, port: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path: '/', agent: false }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode))
    })
    asked.once('error', reject)
    asked.end()
  })
}

const NOBODY = 65_534
const skipUnlessRoot = process.geteuid?.() === 0 ? false : 'only root can become another user'

async function serve() {
  const asked: string[] = []
  const server = await openLocalServer({
    bodyMaxBytes: 10,
    handle: async ({ target }) => {
      asked.push(target)
      return { status: 200, headers: {}, body: new Uint8Array(0) }
    },
  })
  const port = server.address.split(':')[1] ?? ''
  return { asked, port, [Symbol.dispose]: server.close }
}

test('a local server answers its own user, also by a socket of IPv6', async () => {
  using server = await serve()
  assert.equal(await ask('127.0.0.1', server.port), 200)
  assert.equal(await ask('::ffff:127.0.0.1', server.port), 200)
})

test('a local server answers no other user', { skip: skipUnlessRoot }, async () => {
  using server = await serve()
  process.seteuid?.(NOBODY)
  try {
    await assert.rejects(ask('127.0.0.1', server.port))
  } finally {
    process.seteuid?.(0)
  }
  assert.deepEqual(server.asked, [])
  assert.equal(await ask('127.0.0.1', server.port), 200)
})
