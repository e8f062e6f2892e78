import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { Incoming } from './incoming.ts'

function headersOf(...rawHeaders: string[]) {
  const request = new Incoming(new Socket())
  request.rawHeaders = rawHeaders
  return request.headers
}

test('Incoming shows by name the headers that Node looks at, and no others', () => {
  assert.deepEqual({ ...headersOf('Host', 'kms', 'Content-Length', '2') }, {})
  assert.deepEqual(
    { ...headersOf('Expect', '100-continue', 'Host', 'kms', 'TE', 'trailers') },
    { expect: '100-continue', te: 'trailers' },
  )
})
