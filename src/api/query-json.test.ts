import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptsJson, formatQueryJsonError, formatQueryJsonOutput } from './query-json.ts'

test('JSON goes to whoever names it before XML', () => {
  for (const accept of [
    'application/json',
    ' Application/JSON ; q=1',
    'application/json, text/plain, */*',
    'text/plain, application/json',
    'text/html,application/json,application/xml',
  ]) {
    assert.equal(acceptsJson(accept), true, accept)
  }
  for (const accept of [
    undefined,
    '',
    '*/*',
    'text/xml',
    'text/xml, application/json',
    '*/*, application/json',
    'application/*',
    'application/jsonp',
    'application/x-amz-json-1.1',
  ]) {
    assert.equal(acceptsJson(accept), false, String(accept))
  }
})

test('an output is inside a result and a response, with dates as numbers', () => {
  const output = { A: 'x', At: new Date(1_700_000_000_500), Left: undefined }
  assert.equal(
    formatQueryJsonOutput('Op', output, 'r'),
    '{"OpResponse":{"OpResult":{"A":"x","At":1700000000.5},"ResponseMetadata":{"RequestId":"r"}}}',
  )
  assert.equal(
    formatQueryJsonOutput('Op', undefined, 'r'),
    '{"OpResponse":{"ResponseMetadata":{"RequestId":"r"}}}',
  )
})

test('an error says whose fault it is', () => {
  const error = { code: 'AccessDenied', message: 'no "x"', fault: 'client' } as const
  assert.equal(
    formatQueryJsonError(error, 'r'),
    '{"Error":{"Code":"AccessDenied","Message":"no \\"x\\"","Type":"Sender"},"RequestId":"r"}',
  )
  assert.match(formatQueryJsonError({ ...error, fault: 'server' }, 'r'), /"Type":"Receiver"/)
})
