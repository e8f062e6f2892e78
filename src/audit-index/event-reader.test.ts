import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { TEST_SECOND, type TestEvent, testRecord } from '../../test/support/index-events.ts'
import { utf8 } from '../base/bytes.ts'
import { ALIKE_MAX, EventReader } from './event-reader.ts'

/** Values that stand in a record under the names by which it is taken apart. */
const OWN_NAMES = [
  'eventTime',
  'requestID',
  'eventID',
  'encryptionContext',
  '2',
  '1',
  'a"b',
  'ü',
  '\n',
  '}',
  '{',
]
const OWN_VALUES = [
  '2026-11-25T10:00:00Z',
  randomUUID(),
  'x',
  '","eventID":"',
  '"eventTime":"',
  '\\',
  '"}',
  'ö',
]

const context = fc.dictionary(fc.constantFrom(...OWN_NAMES), fc.constantFrom(...OWN_VALUES), { maxKeys: 4 })
const call: fc.Arbitrary<TestEvent> = fc.record(
  {
    id: fc.nat({ max: 1000 }),
    second: fc.integer({ min: TEST_SECOND, max: TEST_SECOND + 2 }),
    name: fc.constantFrom('Encrypt', 'Decrypt', 'ReEncrypt', 'ListKeys'),
    user: fc.constantFrom('alice', 'bob'),
    key: fc.constantFrom('one', 'two', ['one', 'two']),
    error: fc.constantFrom('AccessDenied', 'DisabledException'),
    account: fc.constantFrom('111122223333', '444455556666'),
    address: fc.constantFrom('192.0.2.1', '2001:db8::1'),
    parameters: fc.oneof(
      context.map((encryptionContext) => ({ encryptionContext })),
      context.map((encryptionContext) => ({ keyId: 'x', encryptionContext, grantTokens: ['a'] })),
      fc.record({
        encryptionContext: fc.oneof(context, fc.string()),
        other: fc.record({ encryptionContext: context }),
      }),
    ),
    additional: fc.record({ keyMaterialId: fc.constantFrom('aa', 'bb') }),
    requestId: fc.oneof(fc.uuid(), fc.constant('short')),
  },
  { requiredKeys: ['id', 'requestId'] },
)

test('what is read of an event is the same whatever was read before', () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 2, maxLength: 40 }), (calls) => {
      const reader = new EventReader()
      for (const one of calls) {
        const line = utf8(testRecord(one))
        assert.deepEqual(reader.read(line), new EventReader().read(line))
      }
    }),
  )
})

test('events that differ in their time, ids and contexts alone share what is derived of them', () => {
  const reader = new EventReader()
  const read = (id: number, second: number, more: Partial<TestEvent> = {}) =>
    reader.read(utf8(testRecord({ id, second, requestId: randomUUID(), user: 'alice', key: 'one', ...more })))
  const first = read(1, TEST_SECOND)
  const second = read(2, TEST_SECOND + 1)
  const [inOne, inOther] = ['x', 'y'].map((tenant) =>
    read(3, TEST_SECOND, {
      parameters: { keyId: 'one', encryptionContext: { tenant, 'aws:s3:arn': 'arn' } },
    }),
  )
  assert.equal(inOne?.alike, inOther?.alike)
  assert.notEqual(inOne?.context, inOther?.context)
  assert.equal(second.alike, first.alike)
  assert.equal(second.second, first.second + 1)
  assert.notEqual(second.eventId, first.eventId)
  assert.notEqual(second.requestId, first.requestId)
  for (const more of [{ user: 'bob' }, { key: 'two' }, { error: 'X' }, { address: '192.0.2.2' }])
    assert.notEqual(read(3, TEST_SECOND, more).alike, first.alike)
})

test('a value of a caller under the name of an id is not taken for it', () => {
  const reader = new EventReader()
  const own = { requestID: randomUUID(), eventID: randomUUID(), encryptionContext: 'x' }
  for (let id = 1; id < 4; id += 1) {
    const requestId = randomUUID()
    const line = utf8(testRecord({ id, requestId, parameters: { encryptionContext: own } }))
    const read = reader.read(line)
    assert.equal(read.requestId, requestId)
    assert.deepEqual(read, new EventReader().read(line))
  }
})

test('of more different events than are remembered each is read rightly, and so are those that follow', () => {
  const reader = new EventReader()
  const read = (user: string) => {
    const line = utf8(testRecord({ id: 1, requestId: randomUUID(), user, key: 'one' }))
    const { alike, ...rest } = reader.read(line)
    assert.deepEqual({ alike, ...rest }, new EventReader().read(line))
    return alike
  }
  for (let index = 0; index < ALIKE_MAX; index += 1) read(`user-${index}`)
  assert.equal(read('user-0'), read('user-0'))
  for (let index = ALIKE_MAX; index < 2 * ALIKE_MAX + 10; index += 1) read(`user-${index}`)
  assert.notEqual(read('user-0'), read('user-0'))
})
