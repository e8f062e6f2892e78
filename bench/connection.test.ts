import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAnswer } from './connection.ts'

const WHOLE = Buffer.from('HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\n{}')

test('parseAnswer gives the status and where the body begins', () => {
  const answer = parseAnswer(WHOLE)
  assert.ok(typeof answer === 'object')
  assert.equal(answer.status, 200)
  assert.equal(answer.bytes.toString('utf8', answer.bodyOffset), '{}')
})

test('parseAnswer returns partial until it has the last byte', () => {
  for (let length = 0; length < WHOLE.length; length += 1) {
    assert.equal(parseAnswer(WHOLE.subarray(0, length)), 'partial')
  }
})

test('parseAnswer refuses a response without a length, and bytes after its end', () => {
  assert.equal(parseAnswer(Buffer.concat([WHOLE, Buffer.from('x')])), 'malformed')
  assert.equal(parseAnswer(Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')), 'malformed')
  assert.equal(parseAnswer(Buffer.from('SSH-2.0\r\ncontent-length: 0\r\n\r\n')), 'malformed')
})
