/** A worker that is stopped: the process that has started it notices, and starts another. */

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

test('a worker that is stopped is replaced, and every connection is served again', async () => {
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
  // Connections that the stopped one had accepted were closed with it; whatever comes now is answered.
  await until('another serves', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => callOnce(server, 'ListKeys', {})))
    return answers.every(({ statusLine }) => statusLine === 'HTTP/1.1 200 OK') ? true : undefined
  })
  assert.equal(await server.stop(), 0)
})
