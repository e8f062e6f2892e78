import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, KmsError } from './errors.ts'
import { errorOnWire, renderError, renderOutput } from './render.ts'
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

test('an answer is JSON or XML as its service speaks', () => {
  const json = renderOutput(SERVICES.kms, 'Op', undefined, 'r')
  assert.deepEqual(json, { status: 200, mediaType: 'application/x-amz-json-1.1', requestId: 'r', body: '' })
  const xml = renderError(SERVICES.iam, new KmsError('AccessDeniedException', 'no'), 'r')
  assert.equal(xml.mediaType, 'text/xml')
  assert.match(xml.body, /<Code>AccessDenied<\/Code><Message>no<\/Message>.*<RequestId>r<\/RequestId>/)
})
