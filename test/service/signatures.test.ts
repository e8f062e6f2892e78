/** Every way in which a signature can be wrong, and what AWS says to it. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { formatAmzDate } from '../../src/sigv4/timestamp.ts'
import { readEvents } from '../support/audit.ts'
import {
  type Answer,
  assertError,
  type CallOptions,
  call,
  send,
  signedHeaders,
  succeed,
} from '../support/calls.ts'
import { openRaw, rawRequest } from '../support/raw.ts'
import { startServer, type TestServer } from '../support/server.ts'

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const INVALID_TOKEN = 'The security token included in the request is invalid.'
const MINUTE_MS = 60_000

let server: TestServer

before(async () => {
  server = await startServer()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

function signed(options: CallOptions): Promise<Answer> {
  return call(server, 'GenerateRandom', { NumberOfBytes: 1 }, options)
}

/** Changes the Authorization header of a call that is signed rightly. */
function authorization(change: (value: string) => string): Promise<Answer> {
  return signed({
    tamper: (headers) => headers.set('authorization', change(headers.get('authorization') ?? '')),
  })
}

test('a forged signature is refused', async () => {
  assertError(await signed({ secretAccessKey: 'not the secret' }), 'InvalidSignatureException', MISMATCH)
  const flipped = await authorization((value) => value.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')))
  assertError(flipped, 'InvalidSignatureException', MISMATCH)
  const short = await authorization((value) => value.slice(0, -2))
  assertError(short, 'InvalidSignatureException', MISMATCH)
  const noHex = await authorization((value) => value.replace(/.$/, 'z'))
  assertError(noHex, 'InvalidSignatureException', MISMATCH)
})

test('an access key that does not exist is refused', async () => {
  const unknown = await signed({ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' })
  assertError(unknown, 'UnrecognizedClientException', INVALID_TOKEN)
  const none = await signed({ accessKeyId: 'nobody' })
  assertError(none, 'UnrecognizedClientException', INVALID_TOKEN)
  const lower = await signed({ accessKeyId: server.credentials.accessKeyId.toLowerCase() })
  assertError(lower, 'UnrecognizedClientException', INVALID_TOKEN)
})

test('a security token with a permanent key is refused', async () => {
  const answer = await signed({ more: ['x-amz-security-token', 'token'] })
  assertError(answer, 'UnrecognizedClientException', INVALID_TOKEN)
})

for (const [what, minutes, pattern] of [
  [
    '15 minutes too late',
    -16,
    /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/,
  ],
  [
    '15 minutes too early',
    16,
    /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 15 min\.\)$/,
  ],
] as const) {
  test(`a request that comes more than ${what} is refused`, async () => {
    const now = Date.now() + minutes * MINUTE_MS
    const answer = await signed({ now })
    assertError(answer, 'InvalidSignatureException', pattern)
    assert.ok(answer.message?.includes(formatAmzDate(now)))
    assert.equal(
      (await signed({ now: Date.now() + (minutes - Math.sign(minutes) * 2) * MINUTE_MS })).status,
      200,
    )
  })
}

test('a request without credentials is refused', async () => {
  const answer = await signed({ tamper: (headers) => void headers.delete('authorization') })
  assertError(answer, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
  const empty = await authorization(() => '')
  assertError(empty, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
})

for (const name of ['Credential', 'Signature', 'SignedHeaders']) {
  test(`an Authorization header without ${name} is refused, and not repeated`, async () => {
    const answer = await authorization((value) => value.replace(`${name}=`, `${name}X=`))
    assertError(
      answer,
      'IncompleteSignatureException',
      new RegExp(
        `^Authorization header requires '${name}' parameter\\. \\(Hashed with SHA-256 and encoded with Base64\\) Authorization=[A-Za-z0-9+/]{43}=$`,
      ),
    )
    assert.ok(!answer.text.includes(server.credentials.accessKeyId))
  })
}

test('a request without a date is refused', async () => {
  const answer = await signed({ tamper: (headers) => void headers.delete('x-amz-date') })
  assertError(
    answer,
    'IncompleteSignatureException',
    /^Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header\. /,
  )
})

test('an Authorization header of another kind is refused, and not repeated', async () => {
  for (const secret of ['Bearer sesame', 'Basic c2VzYW1l', 'AWS AKIA:sesame', 'sesame']) {
    const answer = await authorization(() => secret)
    assertError(
      answer,
      'IncompleteSignatureException',
      /^Authorization header requires 'Credential' parameter\. /,
    )
    assert.ok(!answer.text.includes('sesame'))
  }
  const ecdsa = await authorization((value) => value.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'))
  assertError(
    ecdsa,
    'IncompleteSignatureException',
    "Unsupported AWS 'algorithm', only 'AWS4-HMAC-SHA256' is.",
  )
})

test('a credential scope of another service, form or day is refused', async () => {
  assertError(
    await signed({ service: 's3' }),
    'InvalidSignatureException',
    "Credential should be scoped to correct service: 'kms'. ",
  )
  for (const region of ['Europe', 'us_east_1', 'US-EAST-1', '..', 'us-east-1-']) {
    assertError(
      await signed({ region }),
      'InvalidSignatureException',
      `Credential should be scoped to a valid region, not '${region}'. `,
    )
  }
  assertError(
    await authorization((value) => value.replace('aws4_request', 'aws5_request')),
    'InvalidSignatureException',
    "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
  )
  assertError(
    await authorization((value) => value.replace(/\/\d{8}\//, '/20200101/')),
    'InvalidSignatureException',
    /^Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20200101' != '\d{8}', from '\d{8}T\d{6}Z'\.$/,
  )
  assertError(
    await authorization((value) => value.replace('/aws4_request', '')),
    'IncompleteSignatureException',
    'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 4.',
  )
})

test('a target that is not signed is refused, for it could have been changed on the way', async () => {
  const answer = await authorization((value) => value.replace(';x-amz-target', ''))
  assertError(answer, 'InvalidSignatureException', MISMATCH)
  const added = await signed({ tamper: (headers) => headers.set('x-amz-meta', 'unsigned') })
  assertError(added, 'InvalidSignatureException', MISMATCH)
})

test('a call that was changed after it was signed is refused', async () => {
  const target = await signed({
    tamper: (headers) => headers.set('x-amz-target', 'TrentService.ListKeys'),
  })
  assertError(target, 'InvalidSignatureException', MISMATCH)
  const headers = signedHeaders(server, 'TrentService.GenerateRandom', '{"NumberOfBytes":1}')
  headers.delete('host')
  assertError(
    await send(server, headers, Buffer.from('{"NumberOfBytes":2}')),
    'InvalidSignatureException',
    MISMATCH,
  )
  assert.equal((await send(server, headers, Buffer.from('{"NumberOfBytes":1}'))).status, 200)
})

test('a content hash must be that of the body', async () => {
  const wrong = await signed({ more: ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'] })
  assertError(wrong, 'InvalidSignatureException', MISMATCH)
})

test('names and spaces of signed headers may be written in any way that HTTP allows', async () => {
  const answer = await signed({
    tamper: (headers) => {
      for (const [name, value] of [...headers]) {
        headers.delete(name)
        headers.set(name.toUpperCase(), name === 'x-amz-target' ? `  ${value}  ` : value)
      }
      headers.delete('HOST')
    },
  })
  assert.equal(answer.status, 200, answer.text)
})

for (const value of ['caf\u00e9', 'caf\u00c3\u00a9', '\u00e2\u0082\u00ac', '\u00ff \u00fe']) {
  const bytes = Buffer.from(value, 'latin1')
  test(`a signed header may have the bytes ${bytes.toString('hex')}, and no others than were signed`, async () => {
    const body = '{}'
    const text = rawRequest(server, 'TrentService.ListKeys', body, { more: ['x-amz-meta', value] })
    const whole = Buffer.from(text)
    assert.ok(whole.includes(Buffer.from(`x-amz-meta: ${value}`, 'utf8')))
    const at = whole.indexOf(Buffer.from(value, 'utf8'))
    const after = at + Buffer.byteLength(value, 'utf8')
    await using connection = await openRaw(server)
    connection.send(Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(after)]))
    assert.equal((await connection.response()).statusLine, 'HTTP/1.1 200 OK')
    connection.send(whole)
    assert.match((await connection.response()).body, /InvalidSignatureException/)
  })
}

test('credentials in the query string and the header at once are refused', async () => {
  const elsewhere = { ...server, endpoint: `${server.endpoint}/?X-Amz-Signature=00` }
  const headers = signedHeaders(server, 'TrentService.ListKeys', '{}')
  headers.delete('host')
  assertError(
    await send(elsewhere, headers, Buffer.from('{}')),
    'IncompleteSignatureException',
    'Credentials must be in the headers or in the query string, not in both.',
  )
})

test('refused calls are recorded up to a rate of their source, and counted beyond it', async () => {
  await using flooded = await startServer()
  const refused = 500
  for (let sent = 0; sent < refused; sent += 50) {
    const answers = Array.from({ length: 50 }, () =>
      call(flooded, 'ListKeys', {}, { secretAccessKey: 'wrong' }),
    )
    for (const { code } of await Promise.all(answers)) assert.equal(code, 'InvalidSignatureException')
  }
  await succeed(flooded, 'ListKeys', {})
  assert.equal(await flooded.stop(), 0)
  const events = await readEvents(flooded.data)
  const recorded = events.filter(({ errorCode }) => errorCode === 'InvalidSignatureException')
  const [first] = recorded
  assert.ok(recorded.length >= 20 && recorded.length < 100, String(recorded.length))
  assert.equal(first?.eventName, 'ListKeys')
  assert.equal(first?.errorMessage, MISMATCH)
  assert.equal(first?.requestParameters, null)
  assert.equal(first?.['sourceIPAddress'], '127.0.0.1')
  assert.deepEqual(first?.userIdentity, {
    type: 'Unknown',
    accessKeyId: flooded.credentials.accessKeyId,
  })
  const summaries = events.filter(({ eventName }) => eventName === 'CountRefusedCalls')
  assert.equal(summaries.length, 1)
  const details = summaries[0]?.['serviceEventDetails'] as { count: number; sourceIPAddress: string }
  assert.equal(details.sourceIPAddress, '127.0.0.1')
  assert.equal(details.count + recorded.length, refused)
  const known = events.filter(
    ({ eventName, errorCode }) => eventName === 'ListKeys' && errorCode === undefined,
  )
  assert.equal(known.length, 1)
})
