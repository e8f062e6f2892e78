/** The wire, byte for byte. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { largestBody } from '../../src/api/body-size.ts'
import { integer, text } from '../../src/api/shapes.ts'
import { REQUEST_BODY_MAX_BYTES } from '../../src/base/request-limits.ts'
import { UNSIGNED_FORM_MAX_BYTES } from '../../src/dispatch/head-check.ts'
import { DISCARD_MAX_BYTES } from '../../src/http/body.ts'
import { eventOf, readEvents } from '../support/audit.ts'
import { assertError, base64, callRaw, newKey, succeed } from '../support/calls.ts'
import { openFlood } from '../support/flood.ts'
import { openRaw, rawHead, rawRequest } from '../support/raw.ts'
import { startServer, type TestServer } from '../support/server.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

let server: TestServer
let keyId: string

before(async () => {
  server = await startServer()
  keyId = await newKey(server)
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

async function exchange(
  bytes: string | Uint8Array,
  { to = server, ...options }: { bodyless?: boolean; to?: TestServer } = {},
) {
  await using connection = await openRaw(to)
  connection.send(bytes)
  return await connection.response(options)
}

test('an answer has its header names as AWS capitalises them', async () => {
  const { statusLine, headers, body } = await exchange(rawRequest(server, 'TrentService.ListKeys', '{}'))
  assert.equal(statusLine, 'HTTP/1.1 200 OK')
  assert.match(headers.get('x-amzn-RequestId') ?? '', UUID)
  assert.match(headers.get('Date') ?? '', DATE)
  assert.equal(headers.get('Content-Type'), 'application/x-amz-json-1.1')
  assert.equal(headers.get('Content-Length'), String(Buffer.byteLength(body)))
  assert.equal(headers.get('Cache-Control'), 'no-cache, no-store, must-revalidate, private')
  assert.equal(headers.get('Expires'), '0')
  assert.equal(headers.get('Pragma'), 'no-cache')
  assert.equal(headers.has('Transfer-Encoding'), false)
})

test('an error has the same headers, and a body with __type and message', async () => {
  const { statusLine, headers, body } = await exchange(
    rawRequest(server, 'TrentService.DescribeKey', '{"KeyId":"x"}'),
  )
  assert.equal(statusLine, 'HTTP/1.1 400 Bad Request')
  assert.match(headers.get('x-amzn-RequestId') ?? '', UUID)
  assert.equal(headers.get('Content-Type'), 'application/x-amz-json-1.1')
  assert.equal(body, `{"__type":"NotFoundException","message":"Invalid keyId 'x'"}`)
})

test('an operation without output answers an empty body', async () => {
  const input = JSON.stringify({ KeyId: keyId, Description: 'd' })
  const { statusLine, headers, body } = await exchange(
    rawRequest(server, 'TrentService.UpdateKeyDescription', input),
  )
  assert.equal(statusLine, 'HTTP/1.1 200 OK')
  assert.equal(headers.get('Content-Length'), '0')
  assert.equal(body, '')
})

test('an empty list is there, and members without value are not', async () => {
  const answer = await callRaw(server, 'TrentService.ListKeys', '', { region: 'eu-south-1' })
  assert.equal(answer.text, '{"Keys":[],"Truncated":false}')
})

for (const target of [
  'TrentService.Nothing',
  'TrentService.__proto__',
  'Other.Encrypt',
  'TrentService.encrypt',
  ' ',
  '',
]) {
  test(`the target '${target}' is answered with UnknownOperationException and recorded`, async () => {
    const answer = await callRaw(server, target, '{}')
    assertError(answer, 'UnknownOperationException', undefined)
    assert.equal(answer.text, '{"__type":"UnknownOperationException"}')
    const event = await eventOf(server, answer.requestId)
    assert.equal(event.errorCode, 'UnknownOperationException')
    assert.match(event.eventName, /^[A-Za-z0-9]+$/)
  })
}

test('a request without a target, or a GET, is answered with UnknownOperationException', async () => {
  for (const request of [
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
  ]) {
    const { statusLine, body } = await exchange(request)
    assert.equal(statusLine, 'HTTP/1.1 400 Bad Request')
    assert.equal(body, '{"__type":"UnknownOperationException"}')
  }
})

for (const [name, value] of [
  ['X-Amz-Target', 'TrentService.CreateKey'],
  ['x-amz-target', 'TrentService.ListKeys'],
  ['Content-Type', 'application/x-www-form-urlencoded'],
] as const) {
  test(`a request with another ${name} '${value}' is refused, and recorded as neither call`, async () => {
    await using connection = await openRaw(server)
    const unsigned = ['Content-Length: 2', `${name}: ${value}`]
    connection.send(`${rawHead(server, 'TrentService.ListKeys', '{}', { unsigned })}{}`)
    const { headers, body } = await connection.response()
    const message = `The header '${name}' must be given once.`
    assert.equal(body, `{"__type":"IncompleteSignatureException","message":"${message}"}`)
    const event = await eventOf(server, headers.get('x-amzn-RequestId') ?? '')
    assert.equal(event.eventName, 'Unknown')
  })
}

function inAbsoluteForm(head: string, authority: string): string {
  return head.replace('POST / ', `POST http://${authority}/ `)
}

test('a target in absolute form is the path in it, for the signature too', async () => {
  const head = rawHead(server, 'TrentService.ListKeys', '{}', { unsigned: ['Content-Length: 2'] })
  const { host } = new URL(server.endpoint)
  const { statusLine } = await exchange(`${inAbsoluteForm(head, host)}{}`)
  assert.equal(statusLine, 'HTTP/1.1 200 OK')
  const probe = await exchange(`GET http://${host}/readyz HTTP/1.1\r\nHost: ${host}\r\n\r\n`, {
    bodyless: true,
  })
  assert.equal(probe.statusLine, 'HTTP/1.1 200 OK')
})

test('a target in absolute form that names another host than the Host header is refused, and recorded', async () => {
  const head = rawHead(server, 'TrentService.ListKeys', '{}', { unsigned: ['Content-Length: 2'] })
  const { statusLine, headers, body } = await exchange(`${inAbsoluteForm(head, 'elsewhere')}{}`)
  assert.equal(statusLine, 'HTTP/1.1 400 Bad Request')
  assert.match(body, /"__type":"MalformedHttpRequestException"/)
  const event = await eventOf(server, headers.get('x-amzn-RequestId') ?? '')
  assert.equal(event.errorCode, 'MalformedHttpRequestException')
})

test('100 header lines are read, and with one more a request is refused and recorded', async () => {
  const lines = (count: number): string[] => {
    const own = rawHead(server, 'TrentService.ListKeys', '{}').split('\r\n').length - 3
    return ['Content-Length: 2', ...Array.from({ length: count - own - 1 }, (_, at) => `x-${at}: y`)]
  }
  const send = (count: number) =>
    exchange(`${rawHead(server, 'TrentService.ListKeys', '{}', { unsigned: lines(count) })}{}`)
  assert.equal((await send(100)).statusLine, 'HTTP/1.1 200 OK')
  const { statusLine, headers, body } = await send(101)
  assert.equal(statusLine, 'HTTP/1.1 431 Request Header Fields Too Large')
  assert.equal(
    body,
    '{"__type":"RequestHeaderFieldsTooLargeException","message":"The request has more than 100 header lines."}',
  )
  assert.equal(headers.get('Connection'), 'close')
  const event = await eventOf(server, headers.get('x-amzn-RequestId') ?? '')
  assert.equal(event.errorCode, 'RequestHeaderFieldsTooLargeException')
})

test('a HEAD request gets headers and no body', async () => {
  await using connection = await openRaw(server)
  connection.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
  const { statusLine } = await connection.response({ bodyless: true })
  assert.equal(statusLine, 'HTTP/1.1 400 Bad Request')
  connection.send(rawRequest(server, 'TrentService.ListKeys', '{}'))
  assert.equal((await connection.response()).statusLine, 'HTTP/1.1 200 OK')
})

const nested = (depth: number): string => `{"KeyId":${'['.repeat(depth)}${']'.repeat(depth)}}`

for (const [what, body] of [
  ['truncated JSON', '{"KeyId":"a"'],
  ['no JSON', 'KeyId=a'],
  ['an array', '[]'],
  ['a text', '"text"'],
  ['a number', '1'],
  ['null', 'null'],
  ['JSON after JSON', '{}{}'],
  ['a byte order mark', '\ufeff{"KeyId":"a"}'],
  ['a comment', '{"KeyId":"a"} // no'],
  ['single quotes', "{'KeyId':'a'}"],
  ['NaN', '{"KeyId":NaN}'],
  ['invalid UTF-8', Buffer.from('7b224b65794964223a22ff227d', 'hex')],
  ['an overlong UTF-8 slash', Buffer.from('7b224b65794964223a22c0af227d', 'hex')],
  ['a surrogate in UTF-8', Buffer.from('7b224b65794964223a22eda080227d', 'hex')],
  ['a text that is a number', '{"KeyId":1}'],
  ['a text that is an object', '{"KeyId":{}}'],
  ['70,000 arrays in each other', nested(70_000)],
] as const) {
  test(`a body of ${what} is answered with SerializationException, and recorded`, async () => {
    const answer = await callRaw(server, 'TrentService.DescribeKey', body)
    assertError(answer, 'SerializationException', undefined)
    assert.equal((await eventOf(server, answer.requestId)).requestParameters, null)
  })
}

test('unknown members are ignored, however deep', async () => {
  const answer = await callRaw(
    server,
    'TrentService.ListKeys',
    `{"Unknown":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
  )
  assert.equal(answer.status, 200)
})

for (const bytes of ['=', 'A', 'AA', 'AAA', 'AA==A', 'AA =', '!!!!', 'AAAA\n', '__--', 1, null, {}]) {
  test(`a Plaintext of ${JSON.stringify(bytes)} is no base64`, async () => {
    const body = JSON.stringify({ KeyId: keyId, Plaintext: bytes })
    const answer = await callRaw(server, 'TrentService.Encrypt', body)
    if (bytes === null) assertError(answer, 'ValidationException', /at 'plaintext' .*must not be null$/)
    else assertError(answer, 'SerializationException', undefined)
  })
}

test('of a member that is there twice the last one counts', async () => {
  const body = `{"KeyId":"fake","KeyId":"${keyId}"}`
  assert.equal((await callRaw(server, 'TrentService.DescribeKey', body)).status, 200)
})

test('a body of 10 MB is answered with 413, the connection closed, the server unharmed', async () => {
  const size = 10 * 1_048_576
  await using connection = await openRaw(server)
  connection.send(rawHead(server, 'TrentService.ListKeys', '', { unsigned: [`Content-Length: ${size}`] }))
  connection.send(Buffer.alloc(size, 0x20))
  const { statusLine, headers, body } = await connection.response()
  assert.equal(statusLine, 'HTTP/1.1 413 Payload Too Large')
  assert.equal(headers.get('Connection'), 'close')
  assert.equal(body, '{"__type":"RequestEntityTooLargeException","message":"The request body is too large."}')
  assert.equal(await connection.closed(), '')
  await succeed(server, 'ListKeys', {})
})

test('a client that sends 10 MB at once reads the 413', async () => {
  for (let round = 0; round < 5; round += 1) {
    const answer = await callRaw(server, 'TrentService.ListKeys', Buffer.alloc(10 * 1_048_576, 0x20))
    assertError(answer, 'RequestEntityTooLargeException', 'The request body is too large.')
  }
})

test('a body that is announced far over the limit is answered before it comes', async () => {
  await using connection = await openRaw(server)
  const unsigned = [`Content-Length: ${DISCARD_MAX_BYTES + 1}`]
  connection.send(rawHead(server, 'TrentService.ListKeys', '', { unsigned }))
  assert.equal((await connection.response()).statusLine, 'HTTP/1.1 413 Payload Too Large')
  assert.equal(await connection.closed(), '')
})

test('a chunked body without end is answered with 413 and not read any further', async () => {
  await using connection = await openRaw(server)
  connection.send(rawHead(server, 'TrentService.ListKeys', '', { unsigned: ['Transfer-Encoding: chunked'] }))
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1_048_576, 0x20), Buffer.from('\r\n')])
  const pump = (): void => {
    while (connection.socket.writable && connection.socket.write(chunk));
  }
  connection.socket.on('drain', pump)
  pump()
  await connection.closed()
  await succeed(server, 'ListKeys', {})
})

test('a chunked body over the limit is answered with 413', async () => {
  await using connection = await openRaw(server)
  connection.send(rawHead(server, 'TrentService.ListKeys', '', { unsigned: ['Transfer-Encoding: chunked'] }))
  const chunk = Buffer.alloc(65_536, 0x20)
  for (let sent = 0; sent <= REQUEST_BODY_MAX_BYTES; sent += chunk.length) {
    connection.send(Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]))
  }
  connection.send('0\r\n\r\n')
  assert.equal((await connection.response()).statusLine, 'HTTP/1.1 413 Payload Too Large')
  assert.equal(await connection.closed(), '')
})

for (const [target, sizeBytes] of [
  ['TrentService.CreateKey', REQUEST_BODY_MAX_BYTES],
  ['TrentService.ListKeys', largestBody({ Limit: integer(), Marker: text({ max: 1024 }) })],
  ['TrentService.Nothing', largestBody({})],
] as const) {
  test(`a body of ${target} is read up to ${sizeBytes} bytes`, async () => {
    const answer = await callRaw(server, target, '{}'.padEnd(sizeBytes))
    if (target === 'TrentService.Nothing') assertError(answer, 'UnknownOperationException', undefined)
    else assert.equal(answer.status, 200, answer.text)
    const over = await callRaw(server, target, '{}'.padEnd(sizeBytes + 1))
    assertError(over, 'RequestEntityTooLargeException', 'The request body is too large.')
  })
}

test(`a form without a signature is read up to ${UNSIGNED_FORM_MAX_BYTES} bytes, a signed one further`, async () => {
  const form = 'Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken='
  const ask = async (size: number, headers: Record<string, string> = {}) => {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = form.padEnd(size, 'x')
    const answer = await fetch(server.endpoint, { method: 'POST', headers: { ...type, ...headers }, body })
    return /<Code>(\w+)</.exec(await answer.text())?.[1]
  }
  assert.equal(await ask(UNSIGNED_FORM_MAX_BYTES), 'ValidationError')
  assert.equal(await ask(UNSIGNED_FORM_MAX_BYTES + 1), 'RequestEntityTooLarge')
  assert.notEqual(
    await ask(UNSIGNED_FORM_MAX_BYTES + 1, { Authorization: 'AWS4-HMAC-SHA256 none' }),
    'RequestEntityTooLarge',
  )
})

test('a large body is refused for its head as a small one is, and recorded once', async () => {
  await using server = await startServer()
  for (const [options, code] of [
    [{ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }, 'UnrecognizedClientException'],
    [{ service: 's3' }, 'InvalidSignatureException'],
    [{ now: Date.now() - 3_600_000 }, 'InvalidSignatureException'],
    [{ secretAccessKey: 'wrong', more: ['x-amz-content-sha256', '00'] }, 'InvalidSignatureException'],
    [{ secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
  ] as const) {
    const small = await callRaw(server, 'TrentService.CreateKey', '{}', options)
    assertError(small, code, /./)
    const large = await callRaw(server, 'TrentService.CreateKey', '{}'.padEnd(500_000), options)
    const times = /\d{8}T\d{6}Z/g
    assert.equal(large.text.replaceAll(times, ''), small.text.replaceAll(times, ''))
    const event = await eventOf(server, large.requestId)
    assert.equal(event.errorCode, code)
    assert.equal(event.eventName, 'CreateKey')
  }
  const events = await readEvents(server.data)
  assert.equal(events.filter(({ errorCode }) => errorCode !== undefined).length, 10)
})

test('a chunked body is read like any other', async () => {
  const body = JSON.stringify({ KeyId: keyId, Plaintext: base64('chunked') })
  await using connection = await openRaw(server)
  connection.send(rawHead(server, 'TrentService.Encrypt', body, { unsigned: ['Transfer-Encoding: chunked'] }))
  for (const part of [body.slice(0, 5), body.slice(5)]) {
    connection.send(`${part.length.toString(16)}\r\n${part}\r\n`)
  }
  connection.send('0\r\n\r\n')
  assert.equal((await connection.response()).statusLine, 'HTTP/1.1 200 OK')
})

test('Expect: 100-continue is answered before the body', async () => {
  const body = '{}'
  await using connection = await openRaw(server)
  const unsigned = [`Content-Length: ${body.length}`, 'Expect: 100-continue']
  connection.send(rawHead(server, 'TrentService.ListKeys', body, { unsigned }))
  assert.equal((await connection.response()).statusLine, 'HTTP/1.1 100 Continue')
  connection.send(body)
  assert.equal((await connection.response()).statusLine, 'HTTP/1.1 200 OK')
})

test('a request with an expectation that is not known is answered like any other', async () => {
  const body = '{}'
  const unsigned = [`Content-Length: ${body.length}`, 'Expect: something']
  const { statusLine } = await exchange(rawHead(server, 'TrentService.ListKeys', body, { unsigned }) + body)
  assert.equal(statusLine, 'HTTP/1.1 200 OK')
})

test('requests with unknown expectations that are sent ahead are answered one after the other', async () => {
  const [client] = await openFlood(server, 1)
  assert.ok(client !== undefined)
  client.send('GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n'.repeat(2_000))
  client.send('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await client.closed
  assert.equal(client.answers(), 2_001)
  assert.deepEqual([...new Set(client.statuses())], ['HTTP/1.1 200'])
})

test('pipelined requests are answered in order', async () => {
  await using connection = await openRaw(server)
  const sizes = [1, 2, 3, 4, 5]
  const requests = sizes.map((size) =>
    rawRequest(server, 'TrentService.GenerateRandom', JSON.stringify({ NumberOfBytes: size })),
  )
  connection.send(Buffer.concat(requests))
  for (const size of sizes) {
    const { body } = await connection.response()
    assert.equal(Buffer.from(JSON.parse(body).Plaintext, 'base64').length, size)
  }
})

test('a connection that its client has closed on one side is closed on the other', async () => {
  await using connection = await openRaw(server)
  connection.socket.end(rawRequest(server, 'TrentService.ListKeys', '{}'))
  assert.match(await connection.closed(), /^(HTTP\/1\.1 200 OK\r\n|$)/)
  await succeed(server, 'ListKeys', {})
})

test('clients that go away in the middle do no harm', async () => {
  const request = rawRequest(server, 'TrentService.CreateKey', '{"Description":"gone"}')
  for (const length of [1, 20, request.length - 5, request.length]) {
    const connection = await openRaw(server)
    connection.send(request.subarray(0, length))
    connection.socket.destroy()
  }
  await succeed(server, 'ListKeys', {})
})

test('HTTP/1.0 and Connection: close are answered and then closed', async () => {
  const body = '{}'
  for (const request of [
    rawRequest(server, 'TrentService.ListKeys', body, { version: '1.0' }),
    rawRequest(server, 'TrentService.ListKeys', body, { unsigned: ['Connection: close'] }),
  ]) {
    await using connection = await openRaw(server)
    connection.send(request)
    const { statusLine, headers } = await connection.response()
    assert.equal(statusLine, 'HTTP/1.1 200 OK')
    assert.equal(headers.get('Connection'), 'close')
    assert.equal(await connection.closed(), '')
  }
})

test('headers that are too long are answered with 431, and recorded', async () => {
  await using server = await startServer()
  const { statusLine, headers, body } = await exchange(
    `POST / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`,
    { to: server },
  )
  assert.equal(statusLine, 'HTTP/1.1 431 Request Header Fields Too Large')
  assert.match(body, /"__type":"RequestHeaderFieldsTooLargeException"/)
  const event = await eventOf(server, headers.get('x-amzn-RequestId') ?? '')
  assert.equal(event.errorCode, 'RequestHeaderFieldsTooLargeException')
})

test('what is not HTTP, or HTTP that can be read in two ways, is answered with 400, and recorded', async () => {
  // Another one, whose refusals are all recorded: they are few.
  await using server = await startServer()
  for (const request of [
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\nHost : a\r\nContent-Length: 0\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
  ]) {
    const { statusLine, headers, body } = await exchange(request, { to: server })
    assert.equal(statusLine, 'HTTP/1.1 400 Bad Request', JSON.stringify(request))
    assert.match(body, /"__type":"MalformedHttpRequestException"/)
    assert.equal(headers.get('Connection'), 'close')
    assert.match(headers.get('Date') ?? '', DATE)
    const event = await eventOf(server, headers.get('x-amzn-RequestId') ?? '')
    assert.equal(event.errorCode, 'MalformedHttpRequestException')
  }
  await succeed(server, 'ListKeys', {})
})

test('healthz and readyz answer without a signature', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const response = await fetch(server.endpoint + path)
    assert.equal(response.status, 200)
    assert.equal(await response.text(), 'ok\n')
  }
})

test('a request with two Host headers or another transfer coding than chunked is refused, and recorded', async () => {
  const { host } = new URL(server.endpoint)
  const chunked = '2\r\n{}\r\n0\r\n\r\n'
  const cases = [
    { unsigned: ['Content-Length: 2', `Host: ${host}`], sent: '{}' },
    { unsigned: ['Content-Length: 2', 'Host: elsewhere'], sent: '{}' },
    { unsigned: ['Transfer-Encoding: gzip, chunked'], sent: chunked },
    { unsigned: ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'], sent: chunked },
  ]
  for (const { unsigned, sent } of cases) {
    const head = rawHead(server, 'TrentService.ListKeys', '{}', { unsigned })
    const { statusLine, headers, body } = await exchange(`${head}${sent}`)
    assert.equal(statusLine, 'HTTP/1.1 400 Bad Request', unsigned.join())
    assert.match(body, /"__type":"MalformedHttpRequestException"/)
    const event = await eventOf(server, headers.get('x-amzn-RequestId') ?? '')
    assert.equal(event.errorCode, 'MalformedHttpRequestException')
  }
  const head = rawHead(server, 'TrentService.ListKeys', '{}', { unsigned: ['Transfer-Encoding: Chunked'] })
  assert.equal((await exchange(`${head}${chunked}`)).statusLine, 'HTTP/1.1 200 OK')
})

test('CONNECT is refused and recorded, whatever follows it, and the connection is closed', async () => {
  for (const more of ['', 'x'.repeat(1000), 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50)]) {
    const { statusLine, headers, body } = await exchange(
      `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n${more}`,
    )
    assert.equal(statusLine, 'HTTP/1.1 400 Bad Request')
    assert.match(body, /"__type":"MalformedHttpRequestException"/)
    assert.equal(headers.get('Connection'), 'close')
    const event = await eventOf(server, headers.get('x-amzn-RequestId') ?? '')
    assert.equal(event.errorCode, 'MalformedHttpRequestException')
  }
})
