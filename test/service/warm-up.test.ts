import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { callRaw } from '../support/calls.ts'
import { startServer } from '../support/server.ts'

test('the calls of the warm-up are in no log, and leave no record', async () => {
  await using server = await startServer()
  const { json } = await callRaw(server, 'TrentService.ListKeys', '{}')
  assert.deepEqual(json, { Keys: [], Truncated: false })
  await server.stop()
  const folder = join(server.data, 'audit')
  const log = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
  // Jobs of the server may have written events of their own.
  assert.match(log, /"eventName":"ListKeys"/)
  assert.doesNotMatch(log, /"eventName":"(?:CreateKey|Encrypt|CreateUser)"|WARMUP|warm-up/)
  assert.doesNotMatch(server.errors() + server.output(), /warm-up/)
})
