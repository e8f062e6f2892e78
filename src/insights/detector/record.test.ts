import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identify } from './anomaly.ts'
import { formatInsight } from './record.ts'

const FACTS = {
  type: 'ApiErrorRateInsight',
  state: 'Start',
  account: '111122223333',
  region: 'eu-west-1',
  second: 1_764_028_800,
  beganAt: 1_764_028_800,
  source: 'kms.amazonaws.com',
  operation: 'Decrypt',
  errorCode: 'AccessDenied',
  subject: {},
  baseline: 1 / 3,
  insight: 18,
  insightMinutes: 1,
  baselineMinutes: 10_080,
  attributions: [{ attribute: 'userAgent', insight: [{ value: 'test', average: 18 }], baseline: [] }],
} as const

test('the record of an insight has the members of CloudTrail', () => {
  const { eventID, sharedEventID, ...record } = JSON.parse(formatInsight(identify(FACTS)))
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  assert.match(eventID, uuid)
  assert.match(sharedEventID, uuid)
  assert.deepEqual(record, {
    eventVersion: '1.11',
    eventTime: '2025-11-25T00:00:00Z',
    awsRegion: 'eu-west-1',
    eventType: 'AwsCloudTrailInsight',
    recipientAccountId: '111122223333',
    insightDetails: {
      state: 'Start',
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      insightType: 'ApiErrorRateInsight',
      errorCode: 'AccessDenied',
      insightContext: {
        statistics: {
          baseline: { average: 0.3333333333 },
          insight: { average: 18 },
          insightDuration: 1,
          baselineDuration: 10_080,
        },
        attributions: [{ attribute: 'userAgent', insight: [{ value: 'test', average: 18 }], baseline: [] }],
      },
    },
    eventCategory: 'Insight',
  })
})

test('the record names whose behaviour is unusual', () => {
  const own = identify({ ...FACTS, subject: { principal: 'alice' } })
  assert.deepEqual(JSON.parse(formatInsight(own)).insightDetails.insightSubject, { principal: 'alice' })
})

test('ids follow from what was found, and from nothing else', () => {
  assert.deepEqual(identify(FACTS), identify({ ...FACTS }))
  assert.equal(identify(FACTS).id, identify({ ...FACTS, insight: 19 }).id)
  assert.notEqual(identify(FACTS).id, identify({ ...FACTS, subject: { principal: 'alice' } }).id)
  assert.notEqual(identify(FACTS).id, identify({ ...FACTS, beganAt: 1_764_028_860 }).id)
})
