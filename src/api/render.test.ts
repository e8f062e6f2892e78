import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atOnce } from '../base/slices.ts'
import { type ErrorCode, KmsError } from './errors.ts'
import {
  errorOnWire,
  isLongOutput,
  type Reader,
  renderError,
  renderOutput,
  renderOutputSteps,
} from './render.ts'
import { SERVICES } from './services.ts'

test('one error is spelt as each service spells it', () => {
  const cases: readonly (readonly [ErrorCode, string, string])[] = [
    ['AccessDeniedException', 'AccessDeniedException 400', 'AccessDenied 403'],
    ['InvalidSignatureException', 'InvalidSignatureException 400', 'SignatureDoesNotMatch 403'],
    ['UnrecognizedClientException', 'UnrecognizedClientException 400', 'InvalidClientTokenId 403'],
    ['ExpiredTokenException', 'ExpiredTokenException 400', 'ExpiredToken 403'],
    ['LimitExceededException', 'LimitExceededException 400', 'LimitExceeded 409'],
    [
      'MalformedPolicyDocumentException',
      'MalformedPolicyDocumentException 400',
      'MalformedPolicyDocument 400',
    ],
    ['UnknownOperationException', 'UnknownOperationException 400', 'InvalidAction 400'],
    ['KMSInternalException', 'KMSInternalException 500', 'ServiceFailure 500'],
  ]
  for (const [code, json, query] of cases) {
    const text = (service: 'kms' | 'iam'): string => {
      const wire = errorOnWire(SERVICES[service], new KmsError(code))
      return `${wire.code} ${wire.status}`
    }
    assert.equal(text('kms'), json)
    assert.equal(text('iam'), query)
  }
  assert.equal(errorOnWire(SERVICES.sts, new KmsError('KMSInternalException')).code, 'InternalFailure')
  assert.equal(errorOnWire(SERVICES.cloudtrail, new KmsError('KMSInternalException')).code, 'InternalFailure')
})

const to = (service: 'kms' | 'iam' | 'sts', accept?: string): Reader => ({
  service: SERVICES[service],
  requestId: 'r',
  accept,
})

test('an answer is JSON or XML as its service speaks', () => {
  const json = renderOutput(to('kms', 'text/xml'), 'Op', undefined)
  assert.deepEqual(json, { status: 200, mediaType: 'application/x-amz-json-1.1', requestId: 'r', body: '' })
  const xml = renderError(to('iam', 'application/json'), new KmsError('AccessDeniedException', 'no'))
  assert.equal(xml.mediaType, 'text/xml')
  assert.match(xml.body, /<Code>AccessDenied<\/Code><Message>no<\/Message>.*<RequestId>r<\/RequestId>/)
})

test('STS answers in JSON whoever accepts it', () => {
  assert.equal(renderOutput(to('sts'), 'Op', {}).mediaType, 'text/xml')
  assert.equal(renderOutput(to('sts', 'application/json'), 'Op', {}).mediaType, 'application/json')
  const error = renderError(to('sts', 'application/json'), new KmsError('AccessDeniedException', 'no'))
  assert.deepEqual(error, {
    status: 403,
    mediaType: 'application/json',
    requestId: 'r',
    body: '{"Error":{"Code":"AccessDenied","Message":"no","Type":"Sender"},"RequestId":"r"}',
    code: 'AccessDeniedException',
  })
})

test('an answer that is written an item at a time is the same', () => {
  const items = Array.from({ length: 60 }, (_, index) => ({ Name: `<${index}>`, Date: new Date(0), Of: [1] }))
  const output = { Before: 'a"', Items: items, Left: undefined, Bytes: new Uint8Array(2), After: [] }
  assert.equal(isLongOutput(output), true)
  assert.equal(isLongOutput({ ...output, Items: [] }), false)
  assert.equal(isLongOutput(undefined), false)
  const map = new Map([['k', 'v']])
  const nested = { Outer: { Inner: [{ Items: items.map(({ Name }) => Name), Map: map }, 'text', 1] } }
  assert.equal(isLongOutput(nested), true)
  assert.equal(isLongOutput({ Outer: { Inner: items.slice(0, 5), Map: map } }), false)
  assert.equal(isLongOutput({ Bytes: new Uint8Array(1000), At: new Date(0) }), false)
  for (const service of Object.values(SERVICES)) {
    for (const accept of [undefined, 'application/json']) {
      const reader = { service, requestId: 'id', accept }
      const stepped = atOnce(renderOutputSteps(reader, 'List', output))
      assert.deepEqual(stepped, renderOutput(reader, 'List', output))
      const steppedNested = atOnce(renderOutputSteps(reader, 'Get', nested))
      assert.deepEqual(steppedNested, renderOutput(reader, 'Get', nested))
    }
  }
})
