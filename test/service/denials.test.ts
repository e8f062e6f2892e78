/** How every operation of KMS and CloudTrail refuses a user who has no policies, generated from their samples. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SERVICES } from '../../src/api/services.ts'
import { CALL_SAMPLES } from '../support/call-samples.ts'
import { callRaw } from '../support/calls.ts'
import { NO_CERTIFICATES } from '../support/certificate.ts'
import { openSampleBed, type SampleBed } from '../support/sample-bed.ts'

let bed: SampleBed

before(async () => {
  bed = await openSampleBed()
})

after(() => bed[Symbol.asyncDispose]())

/** What has no resource: said of KMS as all, and not at all of CloudTrail. Source: recorded answers. */
const WITHOUT_RESOURCE: ReadonlySet<string> = new Set([
  ...['CreateKey', 'GenerateRandom', 'ListAliases', 'ListKeys'],
  ...['CreateCustomKeyStore', 'ConnectCustomKeyStore', 'DeleteCustomKeyStore', 'DescribeCustomKeyStores'],
  ...['DisconnectCustomKeyStore', 'UpdateCustomKeyStore'],
  ...['DescribeTrails', 'ListPublicKeys', 'ListTags', 'ListTrails', 'LookupEvents'],
])

const ARNS = {
  kms: /arn:aws:(?:kms:[a-z0-9-]+|iam:):\d{12}:\S+/,
  cloudtrail: /arn:aws:cloudtrail:\S+:trail\/\S+/,
}

for (const { service, operation, valid, needsProxy } of CALL_SAMPLES) {
  const { protocol } = SERVICES[service]
  if (valid === undefined || protocol.type !== 'json' || (service !== 'kms' && service !== 'cloudtrail'))
    continue
  const skip = needsProxy === true ? NO_CERTIFICATES : false
  test(`${operation} of ${service} says on what it is refused`, { skip }, async () => {
    const { input } = await valid(bed)
    const target = protocol.targetPrefixes[0] + operation
    const answer = await callRaw(bed.server, target, JSON.stringify(input), {
      service,
      ...bed.callers.nobody,
    })
    assert.equal(answer.code, 'AccessDeniedException', answer.text)
    const [, action = '', where = ''] =
      / is not authorized to perform: (\S+)(.*) because no \S+ policy allows the \1 action$/.exec(
        answer.message ?? '',
      ) ?? []
    assert.ok(action.startsWith(`${service}:${operation}`), answer.message ?? '')
    const [, resource] = / on resource: (.+)$/.exec(where) ?? []
    if (WITHOUT_RESOURCE.has(operation)) assert.equal(resource, service === 'kms' ? '*' : undefined)
    else assert.match(resource ?? '', ARNS[service])
  })
}
