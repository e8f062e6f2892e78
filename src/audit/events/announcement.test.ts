import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../base/log.ts'
import { systemRandom } from '../../base/ports.ts'
import { type AnnouncerDependencies, announcer } from './announcement.ts'

const NOW = Date.parse('2026-11-24T12:00:00Z')

function dependenciesOf(
  append: AnnouncerDependencies['append'],
): AnnouncerDependencies & { readonly direct: string[] } {
  const direct: string[] = []
  return {
    account: '000000000000',
    clock: { now: () => NOW, monotonicMs: () => NOW },
    random: systemRandom,
    log: silentLog,
    append,
    direct,
    notifyDirectly: async ({ json }) => void direct.push(json),
  }
}

test('an announcement is a record of Holdfast itself', async () => {
  const records: string[] = []
  const dependencies = dependenciesOf(async (json) => void records.push(json))
  const arn = 'arn:aws:kms:eu-west-1:111122223333:key/k'
  const announce = announcer(dependencies)
  const details = { quota: 'keys', used: 9, limit: 10 }
  await announce({
    name: 'ComeNearQuota',
    account: '111122223333',
    region: 'eu-west-1',
    resources: [arn],
    details,
  })
  await announce({ name: 'TestEvents', details: {} })
  const [first, second] = records.map((json) => JSON.parse(json))
  const { eventID, requestID, ...rest } = first
  assert.match(`${eventID} ${requestID}`, /^[0-9a-f-]{36} [0-9a-f-]{36}$/)
  assert.deepEqual(rest, {
    eventVersion: '1.11',
    userIdentity: { accountId: '111122223333', invokedBy: 'holdfast' },
    eventTime: '2026-11-24T12:00:00Z',
    eventSource: 'holdfast',
    eventName: 'ComeNearQuota',
    awsRegion: 'eu-west-1',
    sourceIPAddress: 'holdfast',
    userAgent: 'holdfast',
    requestParameters: null,
    responseElements: null,
    readOnly: true,
    resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: arn }],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: '111122223333',
    serviceEventDetails: details,
    eventCategory: 'Management',
  })
  assert.deepEqual([second.recipientAccountId, second.awsRegion], ['000000000000', 'unknown'])
  assert.deepEqual(dependencies.direct, [])
})

test('an announcement that the audit log does not take is notified directly', async () => {
  const dependencies = dependenciesOf(() => Promise.reject(new Error('the disk is full')))
  await announcer(dependencies)({ name: 'IntegrityAlarm', details: { reason: 'x' } })
  assert.equal(JSON.parse(dependencies.direct[0] ?? '{}').eventName, 'IntegrityAlarm')
})
