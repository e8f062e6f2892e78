import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  EVENT_ADDITIONAL_MAX_BYTES,
  EVENT_FAILED_PARAMETERS_MAX_BYTES,
  EVENT_MAX_BYTES,
  EVENT_PARAMETERS_MAX_BYTES,
  EVENT_TEXT_MAX_BYTES,
  type EventFields,
  formatEvent,
  formatTlsDetails,
} from './event.ts'

const FIELDS: EventFields = {
  userIdentity: '{"type":"Root","principalId":"111122223333"}',
  at: Date.UTC(2026, 10, 24, 3, 41, 54, 999),
  source: 'kms.amazonaws.com',
  name: 'Encrypt',
  region: 'eu-central-1',
  sourceAddress: '192.0.2.7',
  userAgent: 'aws-cli/2',
  request: { keyId: 'alias/a', encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  response: null,
  additional: { keyMaterialId: 'abc' },
  requestId: 'r-1',
  eventId: 'e-1',
  readOnly: true,
  resources: [{ account: '111122223333', arn: 'arn:aws:kms:eu-central-1:111122223333:key/k' }],
  type: 'AwsApiCall',
  recipient: '111122223333',
  tlsDetails: formatTlsDetails({
    version: 'TLSv1.3',
    cipherSuite: 'TLS_AES_128_GCM_SHA256',
    host: 'kms.test',
  }),
}

test('formatEvent gives the members of a CloudTrail record in its order', () => {
  const event = JSON.parse(
    formatEvent({ ...FIELDS, sharedEventId: 's-1', serviceEventDetails: { keyId: 'k' } }),
  )
  assert.deepEqual(Object.entries(event), [
    ['eventVersion', '1.11'],
    ['userIdentity', { type: 'Root', principalId: '111122223333' }],
    ['eventTime', '2026-11-24T03:41:54Z'],
    ['eventSource', 'kms.amazonaws.com'],
    ['eventName', 'Encrypt'],
    ['awsRegion', 'eu-central-1'],
    ['sourceIPAddress', '192.0.2.7'],
    ['userAgent', 'aws-cli/2'],
    ['requestParameters', { keyId: 'alias/a', encryptionAlgorithm: 'SYMMETRIC_DEFAULT' }],
    ['responseElements', null],
    ['additionalEventData', { keyMaterialId: 'abc' }],
    ['requestID', 'r-1'],
    ['eventID', 'e-1'],
    ['readOnly', true],
    ['resources', [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: FIELDS.resources?.[0]?.arn }]],
    ['eventType', 'AwsApiCall'],
    ['managementEvent', true],
    ['recipientAccountId', '111122223333'],
    ['sharedEventID', 's-1'],
    ['serviceEventDetails', { keyId: 'k' }],
    ['eventCategory', 'Management'],
    [
      'tlsDetails',
      { tlsVersion: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256', clientProvidedHostHeader: 'kms.test' },
    ],
  ])
})

test('formatEvent leaves out what a record does not have, and writes null parameters', () => {
  const { tlsDetails: _tls, resources: _resources, additional: _additional, ...rest } = FIELDS
  const event = JSON.parse(
    formatEvent({ ...rest, request: null, requestId: undefined, userAgent: undefined }),
  )
  assert.equal(event.requestParameters, null)
  for (const name of [
    'tlsDetails',
    'resources',
    'additionalEventData',
    'requestID',
    'userAgent',
    'errorCode',
  ])
    assert.ok(!(name in event), name)
})

test('formatEvent writes errors, a denial without its suffix, and no empty message', () => {
  const denied = JSON.parse(
    formatEvent({ ...FIELDS, error: { code: 'AccessDeniedException', message: 'no' } }),
  )
  assert.deepEqual([denied.errorCode, denied.errorMessage], ['AccessDenied', 'no'])
  const silent = JSON.parse(formatEvent({ ...FIELDS, error: { code: 'IncorrectKeyException', message: '' } }))
  assert.equal(silent.errorCode, 'IncorrectKeyException')
  assert.ok(!('errorMessage' in silent))
})

test('formatEvent cuts texts to 1,024 bytes, at a whole character', () => {
  const whole = 'x'.repeat(EVENT_TEXT_MAX_BYTES)
  assert.equal(JSON.parse(formatEvent({ ...FIELDS, userAgent: whole })).userAgent, whole)
  assert.equal(JSON.parse(formatEvent({ ...FIELDS, userAgent: `${whole}x` })).userAgent, whole)
  const wide = JSON.parse(formatEvent({ ...FIELDS, userAgent: `x${'😀'.repeat(600)}` })).userAgent
  assert.equal(wide, `x${'😀'.repeat(255)}`)
})

test('formatEvent replaces parameters of more than 102,400 bytes and data of more than 28,672', () => {
  const filled = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) })
  const largest = JSON.parse(formatEvent({ ...FIELDS, request: filled(EVENT_PARAMETERS_MAX_BYTES) }))
  assert.equal(largest.requestParameters.a.length, EVENT_PARAMETERS_MAX_BYTES - 8)
  const larger = JSON.parse(formatEvent({ ...FIELDS, request: filled(EVENT_PARAMETERS_MAX_BYTES + 1) }))
  assert.deepEqual(larger.requestParameters, {
    omitted: true,
    originalSize: EVENT_PARAMETERS_MAX_BYTES + 1,
    reason: 'larger than 102400 bytes',
  })
  const data = JSON.parse(formatEvent({ ...FIELDS, additional: filled(EVENT_ADDITIONAL_MAX_BYTES + 1) }))
  assert.equal(data.additionalEventData.omitted, true)
})

test('formatEvent records at most 2,048 bytes of what a failed call sent, and all short members', () => {
  const error = { code: 'MalformedPolicyDocumentException', message: '' }
  const request = { keyId: 'k', policy: 'x'.repeat(32_768), constraints: { a: 'é'.repeat(900) } }
  const { requestParameters } = JSON.parse(formatEvent({ ...FIELDS, request, error }))
  assert.deepEqual(requestParameters, {
    keyId: 'k',
    policy: { omitted: true, originalSize: 32_770, reason: 'larger than 2048 bytes' },
    constraints: request.constraints,
  })
  const pairs = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ maxLength: 3000 }))
  fc.assert(
    fc.property(pairs, (many) => {
      const event = JSON.parse(formatEvent({ ...FIELDS, request: many, error }))
      const bytes = Buffer.byteLength(JSON.stringify(event.requestParameters))
      assert.ok(bytes <= EVENT_FAILED_PARAMETERS_MAX_BYTES)
    }),
  )
})

test('formatEvent keeps a record within 262,144 bytes', () => {
  const half = { a: 'x'.repeat(100_000) }
  const text = formatEvent({ ...FIELDS, request: half, response: half, serviceEventDetails: half })
  assert.ok(Buffer.byteLength(text) <= EVENT_MAX_BYTES)
  const event = JSON.parse(text)
  assert.equal(event.requestParameters.omitted, true)
  assert.equal(event.responseElements.a.length, 100_000)
  const many = Array.from({ length: 2000 }, () => ({ account: '1', arn: 'x'.repeat(500) }))
  const short = formatEvent({ ...FIELDS, resources: many })
  assert.ok(Buffer.byteLength(short) <= EVENT_MAX_BYTES)
  assert.ok(JSON.parse(short).resources.length > 0)
})

test('formatEvent gives one line of JSON whatever texts a caller sends', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, text, fc.dictionary(text, text), (userAgent, name, message, request) => {
      const json = formatEvent({ ...FIELDS, userAgent, name, request, error: { code: 'X', message } })
      assert.ok(!json.includes('\n') && json.startsWith('{"eventVersion":"1.11",'))
      const event = JSON.parse(json)
      assert.equal(event.eventName, name)
      assert.deepEqual(
        Object.entries(event.requestParameters),
        Object.entries(JSON.parse(JSON.stringify(request))),
      )
    }),
  )
})
