import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './settings.ts'

function boundsOf(environment: Readonly<Record<string, string>>) {
  return parseConfig({ flags: {}, environment }).bounds
}

test('bounds have generous defaults, and those of memory are in MiB', () => {
  assert.deepEqual(boundsOf({}), {
    connections: { all: 10_000, address: 4_000 },
    requests: { all: 4_000, address: 2_000 },
    receiving: { all: 64 * 1_048_576, address: 16 * 1_048_576 },
    unread: { all: 256 * 1_048_576, address: 128 * 1_048_576 },
    calls: { account: 3_000, principal: 1_500 },
  })
})

test('a bound is two numbers, for all and for an address', () => {
  assert.deepEqual(boundsOf({ HOLDFAST_CONNECTIONS: '100/100' }).connections, { all: 100, address: 100 })
  assert.deepEqual(boundsOf({ HOLDFAST_UNREAD: '2/1' }).unread, { all: 2_097_152, address: 1_048_576 })
  for (const text of ['100', '100/', '/1', '1/2', '0/0', '1/0', '1/1/1', '-1/1', '1000001/1', 'a/b', '']) {
    assert.throws(() => boundsOf({ HOLDFAST_REQUESTS: text }), {
      name: 'ConfigError',
      message: new RegExp(
        `^HOLDFAST_REQUESTS: expected ALL/ADDRESS, whole numbers from 1 to .*; got '${text}'$`,
      ),
    })
  }
})
