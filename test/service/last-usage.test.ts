/** What a key's last use is said to have been, and what policies make of it. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventOf } from '../support/audit.ts'
import { call, newKey, succeed } from '../support/calls.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

/** A policy that lets the account do everything, but disables and deletes only what is long unused. */
function guarded(operator: string, days: number): string {
  const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
  const condition = { [operator]: { 'kms:TrailingDaysWithoutKeyUsage': String(days) } }
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Sid: 'all', Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
      {
        Sid: 'used',
        Effect: 'Deny',
        Principal: root,
        Action: ['kms:DisableKey', 'kms:ScheduleKeyDeletion'],
        Resource: '*',
        Condition: condition,
      },
    ],
  })
}

test('GetKeyLastUsage knows nothing of a new key but its creation', async () => {
  const keyId = await newKey(server)
  const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId: keyId })
  const { CreationDate } = KeyMetadata as { CreationDate: number }
  assert.deepEqual(await succeed(server, 'GetKeyLastUsage', { KeyId: keyId }), {
    KeyCreationDate: CreationDate,
    KeyId: keyId,
    KeyLastUsage: {},
    TrackingStartDate: CreationDate,
  })
})

test('GetKeyLastUsage gives the call that was just made, and not those that failed', async () => {
  const keyId = await newKey(server)
  const answer = await call(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  const event = await eventOf(server, answer.requestId)
  await succeed(server, 'DisableKey', { KeyId: keyId })
  assert.equal((await call(server, 'GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256' })).status, 400)
  const { KeyLastUsage } = await succeed(server, 'GetKeyLastUsage', { KeyId: keyId })
  assert.deepEqual(KeyLastUsage, {
    CloudTrailEventId: event.eventID,
    KmsRequestId: answer.requestId,
    Operation: 'Encrypt',
    Timestamp: Date.parse(String(event['eventTime'])) / 1000,
  })
})

test('kms:TrailingDaysWithoutKeyUsage protects a key that is in use from DisableKey and ScheduleKeyDeletion', async () => {
  const keyId = await newKey(server)
  await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  const put = (Policy: string) =>
    succeed(server, 'PutKeyPolicy', { KeyId: keyId, Policy, BypassPolicyLockoutSafetyCheck: true })
  await put(guarded('NumericLessThan', 1))
  for (const operation of ['DisableKey', 'ScheduleKeyDeletion']) {
    const answer = await call(server, operation, { KeyId: keyId })
    assert.equal(answer.code, 'AccessDeniedException', operation)
  }
  await put(guarded('NumericGreaterThan', 0))
  await succeed(server, 'DisableKey', { KeyId: keyId })
})

test('kms:TrailingDaysWithoutKeyUsage works in the policy of a user', async () => {
  const keyId = await newKey(server)
  await succeed(server, 'Encrypt', { KeyId: keyId, Plaintext: 'AAAA' })
  const unused = { NumericLessThan: { 'kms:TrailingDaysWithoutKeyUsage': '1' } }
  const guard = { Effect: 'Deny', Action: 'kms:DisableKey', Resource: '*', Condition: unused }
  const iam = iamClient(server)
  const guarded = await newUser(iam, 'guarded', policyText(allow('kms:*'), guard))
  const free = await newUser(iam, 'free', policyText(allow('kms:*')))
  iam.destroy()
  assert.equal((await call(server, 'DisableKey', { KeyId: keyId }, guarded)).code, 'AccessDeniedException')
  await succeed(server, 'DisableKey', { KeyId: keyId }, free)
})
