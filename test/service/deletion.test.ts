/** ScheduleKeyDeletion and CancelKeyDeletion; what happens at the end is tested in src/jobs. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventOf } from '../support/audit.ts'
import { assertError, call, encryptText, newKey, succeed } from '../support/calls.ts'
import { REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
const DAY_S = 86_400

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

for (const [days, constraint] of [
  [1, 'Member must have value greater than or equal to 7'],
  [6, 'Member must have value greater than or equal to 7'],
  [31, 'Member must have value less than or equal to 30'],
  [365, 'Member must have value less than or equal to 30'],
  [0, 'Member must have value greater than or equal to 1'],
  [366, 'Member must have value less than or equal to 365'],
] as const) {
  test(`ScheduleKeyDeletion refuses a window of ${days} days`, async () => {
    const answer = await call(server, 'ScheduleKeyDeletion', {
      KeyId: await newKey(server),
      PendingWindowInDays: days,
    })
    assertError(
      answer,
      'ValidationException',
      `1 validation error detected: Value '${days}' at 'pendingWindowInDays' failed to satisfy constraint: ${constraint}`,
    )
  })
}

for (const days of [7, 30, undefined]) {
  test(`ScheduleKeyDeletion takes a window of ${days ?? 'the default'} days`, async () => {
    const keyId = await newKey(server)
    const answer = await call(server, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: days })
    const { DeletionDate, ...rest } = answer.json
    const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`
    const given = days ?? 30
    assert.deepEqual(rest, { KeyId: arn, KeyState: 'PendingDeletion', PendingWindowInDays: given })
    const away = Number(DeletionDate) - Date.now() / 1000
    assert.ok(Math.abs(away - given * DAY_S) < 60, String(away))
    const { responseElements } = await eventOf(server, answer.requestId)
    assert.equal(responseElements?.['keyState'], 'PendingDeletion')
    assert.match(
      String(responseElements?.['deletionDate']),
      /^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/,
    )
  })
}

test('a key that was scheduled and cancelled can be scheduled again', async () => {
  const keyId = await newKey(server)
  for (let round = 0; round < 3; round += 1) {
    await succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
    await succeed(server, 'CancelKeyDeletion', { KeyId: keyId })
  }
  await succeed(server, 'EnableKey', { KeyId: keyId })
  await encryptText(server, keyId, 'x')
})

test('ListKeys still gives a key that is pending deletion', async () => {
  const keyId = await newKey(server)
  await succeed(server, 'ScheduleKeyDeletion', { KeyId: keyId, PendingWindowInDays: 7 })
  const { Keys } = await succeed(server, 'ListKeys', { Limit: 1000 })
  assert.ok((Keys as { KeyId: string }[]).some(({ KeyId }) => KeyId === keyId))
})
