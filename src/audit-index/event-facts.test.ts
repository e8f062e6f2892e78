import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCopy, termsOf, usesOf } from './event-facts.ts'

const CALL = {
  userIdentity: { type: 'AWSAccount', principalId: 'AIDA', accountId: '444455556666' },
  eventTime: '2026-11-25T10:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'Encrypt',
  awsRegion: 'eu-west-1',
  eventID: 'd2b1c5a0-0000-4000-8000-000000000000',
  readOnly: true,
  eventType: 'AwsApiCall',
  recipientAccountId: '111122223333',
}

test('an event for another account than the caller is a copy', () => {
  const recipientAccountId = '111122223333'
  assert.equal(isCopy({ recipientAccountId }), false)
  assert.equal(isCopy({ recipientAccountId, userIdentity: {} }), false)
  assert.equal(isCopy({ recipientAccountId, userIdentity: { accountId: '111122223333' } }), false)
  assert.equal(isCopy({ recipientAccountId, userIdentity: { accountId: '444455556666' } }), true)
})

test('a copy is found by its account, and counted in none', () => {
  assert.deepEqual(usesOf(CALL), [])
  assert.ok(termsOf(CALL).length > 0)
  assert.equal(usesOf({ ...CALL, recipientAccountId: '444455556666' }).length, 1)
})

test('a read of the console is no call that depends on the key, and its other calls are', () => {
  const resources = [{ ARN: 'arn:aws:kms:eu-west-1:111122223333:key/1' }]
  const own = { ...CALL, recipientAccountId: '444455556666', resources }
  const isLook = (change: object): boolean | undefined => usesOf({ ...own, ...change })[0]?.isLook
  const byConsole = { sessionCredentialFromConsole: 'true' }
  assert.equal(isLook({ eventName: 'DescribeKey', ...byConsole }), true)
  assert.equal(isLook({ eventName: 'DescribeKey', errorCode: 'AccessDenied', ...byConsole }), true)
  assert.equal(isLook({ eventName: 'DescribeKey' }), false)
  assert.equal(isLook({ eventName: 'Decrypt', ...byConsole }), false)
  assert.equal(isLook({ eventName: 'DisableKey', readOnly: false, ...byConsole }), false)
})
