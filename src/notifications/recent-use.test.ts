import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventRecord } from '../audit-index/event-record.ts'
import { type FindLastUse, recentUseWarning } from './recent-use.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/k'
const AT = Date.parse('2026-11-24T12:00:00Z')
const DAY_MS = 86_400_000
const RECORD: EventRecord = {
  eventTime: '2026-11-24T12:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'ScheduleKeyDeletion',
  awsRegion: 'eu-west-1',
  eventID: 'e',
  readOnly: false,
  resources: [{ ARN }],
  eventType: 'AwsApiCall',
  recipientAccountId: '111122223333',
}

function used(at: number | undefined, current = true): FindLastUse {
  const last = at === undefined ? undefined : { operation: 'Decrypt', at, by: 'someone' }
  return async () => ({ last, current })
}

async function warns(record: EventRecord, findLastUse: FindLastUse, recentUseDays = 30): Promise<boolean> {
  return (await recentUseWarning(record, { findLastUse, recentUseDays })) !== undefined
}

test('a use is recent for as many days as are set, and no longer', async () => {
  assert.equal(await warns(RECORD, used(AT - 30 * DAY_MS)), true)
  assert.equal(await warns(RECORD, used(AT - 30 * DAY_MS - 1)), false)
  assert.equal(await warns(RECORD, used(AT - 30 * DAY_MS - 1), 31), true)
  assert.equal(await warns(RECORD, used(undefined)), false)
})

test('a use that may be missing from the index is warned of', async () => {
  const dependencies = { findLastUse: used(undefined, false), recentUseDays: 30 }
  const event = await recentUseWarning(RECORD, dependencies)
  assert.equal(event?.detail['last-use-is-known'], false)
  assert.equal(event?.detail['last-used-at'], undefined)
})

for (const [what, record] of [
  ['a call that was refused', { ...RECORD, errorCode: 'AccessDenied' }],
  ['another call', { ...RECORD, eventName: 'EnableKey' }],
  ['another service', { ...RECORD, eventSource: 'iam.amazonaws.com' }],
  ['a service event', { ...RECORD, eventType: 'AwsServiceEvent' }],
  ['a call without a key', { ...RECORD, resources: [] }],
] as const) {
  test(`${what} is no warning`, async () => assert.equal(await warns(record, used(AT)), false))
}

test('no use is recent when that is set to no days', async () => {
  assert.equal(await warns(RECORD, used(AT), 0), false)
})
