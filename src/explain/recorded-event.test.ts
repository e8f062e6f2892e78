import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partlyRecorded } from './partly-recorded.ts'
import {
  openedFirst,
  parseRecordedEvent,
  type RecordedEvent,
  reasonOf,
  resourcesOf,
  resultOf,
} from './recorded-event.ts'

function event(fields: object): RecordedEvent {
  return parseRecordedEvent(JSON.stringify({ recipientAccountId: '111122223333', ...fields }))
}

test('a call is allowed, refused by policies, or failed for another reason', () => {
  for (const [errorCode, result] of [
    [undefined, 'allowed'],
    ['DryRunOperationException', 'allowed'],
    ['AccessDenied', 'refused'],
    ['DisabledException', 'failed'],
  ] as const) {
    assert.equal(resultOf(event({ errorCode })), result)
  }
})

test('a reason is a text, and resources are those with an ARN', () => {
  assert.equal(reasonOf(event({})), undefined)
  assert.equal(reasonOf(event({ additionalEventData: { reason: 1 } })), undefined)
  assert.equal(reasonOf(event({ additionalEventData: { reason: 'why' } })), 'why')
  assert.deepEqual(resourcesOf(event({})), [])
  assert.deepEqual(resourcesOf(event({ resources: [{ ARN: 'a' }, {}] })), ['a'])
})

test('what a refused ReEncrypt was to encrypt under is not taken for the key of its ciphertext', () => {
  const [from, to] = ['arn:aws:kms:r-1:1:key/from', 'arn:aws:kms:r-1:1:key/to']
  const opened = (
    destinationKeyId: string,
    arns: readonly string[],
    errorCode?: string,
  ): readonly string[] => {
    const resources = arns.map((ARN) => ({ ARN }))
    return openedFirst(event({ requestParameters: { destinationKeyId }, resources, errorCode }))
  }
  for (const text of [to, 'to', 'alias/to', 'arn:aws:kms:r-1:1:alias/to']) {
    assert.deepEqual(opened(text, [to], 'AccessDenied'), [])
    assert.deepEqual(opened(text, [from, to], 'AccessDenied'), [from, to])
    // Both are the same key.
    assert.deepEqual(opened(text, [to]), [to])
    assert.deepEqual(opened(text, [to], 'DryRunOperationException'), [to])
  }
  assert.deepEqual(opened('to', [from], 'AccessDenied'), [from])
  assert.deepEqual(openedFirst(event({ resources: [{ ARN: from }], errorCode: 'AccessDenied' })), [from])
})

test('what events hold only in part is said once for each condition key, where it matters', () => {
  const asked = [
    'aws:currenttime',
    'kms:recipientattestation:pcr0',
    'kms:expirationmodel',
    'aws:sourceip',
    'aws:currenttime',
  ]
  assert.deepEqual(
    partlyRecorded(asked, 'ImportKeyMaterial').map((text) => text.split(': ')[0]),
    ['aws:currenttime', 'kms:recipientattestation:pcr0', 'kms:expirationmodel'],
  )
  assert.deepEqual(partlyRecorded(['kms:expirationmodel', 'aws:sourceip'], 'Encrypt'), [])
})
