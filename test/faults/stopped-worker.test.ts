/** Tests that the server's parent process detects a stopped worker and starts another. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { callOnce } from '../support/raw.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

async function workersOf({ process: { pid } }: TestServer): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').map(Number)
}

test('a server replaces a stopped worker, and serves every new connection', async () => {
  await using server = await startServer({ environment: { HOLDFAST_WORKERS: '2' } })
  const before = await workersOf(server)
  assert.equal(before.length, 2)
  const [stopped = 0] = before
  process.kill(stopped, 'SIGSTOP')
  await until('another worker has its place', async () => {
    const now = await workersOf(server)
    return now.length === 2 && !now.includes(stopped) ? true : undefined
  })
  await until('it is told', async () => (/is ended/.test(server.errors()) ? true : undefined))
  // The stopped worker's connections closed with it. The server answers every new connection.
  await until('another serves', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => callOnce(server, 'ListKeys', {})))
    return answers.every(({ statusLine }) => statusLine === 'HTTP/1.1 200 OK') ? true : undefined
  })
  assert.equal(await server.stop(), 0)
})
