import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseS3Request } from './request.ts'

function parse(target: string): ReturnType<typeof parseS3Request> {
  const wire = {
    method: 'PUT',
    target,
    rawHeaders: ['host', 'localhost'],
    connection: { address: '127.0.0.1', tls: undefined },
    body: (async function* () {})(),
  }
  return parseS3Request(wire, undefined)
}

test('a parameter of a presigned request counts as a header only if it could be one', () => {
  const signed = '/bucket/key?X-Amz-Signature=0'
  assert.equal(parse(`${signed}&X-Amz-Meta-A=b%20c`).headers.get('x-amz-meta-a'), 'b c')
  assert.equal(parse('/bucket/key?X-Amz-Meta-A=b').headers.has('x-amz-meta-a'), false)
  for (const parameter of [
    'X-Amz-Meta-A=%0d%0aB:c',
    'X-Amz-Meta-A=%C3%A9',
    'X-Amz-Meta-A%20=b',
    'X-Amz-Meta-%0d=b',
  ]) {
    assert.throws(() => parse(`${signed}&${parameter}`), { code: 'InvalidArgument' }, parameter)
  }
})
