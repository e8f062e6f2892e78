import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runHistory } from '../fleet/run.ts'
import { PostgresServer, withoutPostgres } from '../support/postgres-server.ts'

const skip = withoutPostgres()

test('what three machines answered under bad luck has an order, and nothing acknowledged is gone', {
  skip,
}, async () => {
  await using postgres = await PostgresServer.create()
  const { operations, violations } = await runHistory(postgres, 1, ['kill', 'pause', 'silence', 'crash'])
  assert.deepEqual(violations, [])
  assert.ok(operations > 0)
})
