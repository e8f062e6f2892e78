import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventRecord } from '../audit-index/event-record.ts'
import { eventOfServiceRecord } from './notification.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/k'
const RECORD: EventRecord = {
  eventTime: '2026-11-24T12:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'DeleteKey',
  awsRegion: 'eu-west-1',
  eventID: 'e',
  readOnly: false,
  resources: [{ ARN }],
  eventType: 'AwsServiceEvent',
  recipientAccountId: '111122223333',
}

test('a service event of KMS is told as AWS KMS does', () => {
  assert.deepEqual(eventOfServiceRecord(RECORD, 'us-east-1'), {
    version: '0',
    id: 'e',
    'detail-type': 'KMS CMK Deletion',
    source: 'aws.kms',
    account: '111122223333',
    time: '2026-11-24T12:00:00Z',
    region: 'eu-west-1',
    resources: [ARN],
    detail: { 'key-id': 'k' },
  })
})

test('an announcement about no region has the region of the deployment', () => {
  const own = { ...RECORD, eventSource: 'holdfast', eventName: 'RecoverAuditLog', awsRegion: 'unknown' }
  const event = eventOfServiceRecord({ ...own, serviceEventDetails: { sizeBytes: 1 } }, 'us-east-1')
  assert.deepEqual(
    [event?.region, event?.source, event?.['detail-type'], event?.detail],
    ['us-east-1', 'holdfast', 'Audit Log Recovered', { 'size-bytes': 1 }],
  )
})

test('the record of an insight is told as an anomaly', () => {
  const insightDetails = {
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    insightType: 'ApiCallRateInsight',
  }
  const event = eventOfServiceRecord(
    { ...RECORD, eventType: 'AwsCloudTrailInsight', insightDetails },
    'us-east-1',
  )
  assert.deepEqual([event?.source, event?.['detail-type']], ['holdfast', 'Usage Anomaly'])
  assert.deepEqual(event?.detail, {
    'event-source': 'kms.amazonaws.com',
    'event-name': 'Decrypt',
    'insight-type': 'ApiCallRateInsight',
  })
})

for (const [what, change] of [
  ['a call of the same name', { eventType: 'AwsApiCall' }],
  ['a service event of another name', { eventName: 'SynchronizeMultiRegionKey' }],
  ['a service event of another source', { eventSource: 'iam.amazonaws.com' }],
  ['a count of refused calls', { eventSource: 'holdfast', eventName: 'CountRefusedCalls' }],
] as const) {
  test(`${what} is not told`, () => {
    assert.equal(eventOfServiceRecord({ ...RECORD, ...change }, 'us-east-1'), undefined)
  })
}
