/** `holdfast xks-proxy`, over TLS, as the XKS proxy API wants it. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import { after, before } from 'node:test'
import { signRequest } from '../../src/sigv4/sign.ts'
import { integrityValue } from '../../src/xks/protocol/integrity.ts'
import { type Event, readEvents } from '../support/audit.ts'
import {
  makeCertificate,
  NO_CERTIFICATES,
  type TestCertificate,
  testWithCertificate as test,
} from '../support/certificate.ts'
import { runHoldfast } from '../support/command.ts'
import { type HoldfastProxy, type ProxyCredential, startHoldfastProxy } from '../support/holdfast-proxy.ts'
import { temporaryFolder } from '../support/server.ts'
import { until } from '../support/until.ts'

const PATH = '/team/kms/xks/v1'

let certificate: TestCertificate
let proxy: HoldfastProxy
let credential: ProxyCredential

before(async () => {
  if (NO_CERTIFICATES !== false) return
  certificate = await makeCertificate()
  proxy = await startHoldfastProxy(certificate, { prefix: '/team' })
  credential = await proxy.newCredential()
  await proxy.command('key', 'create', 'key.one')
})

after(async () => {
  if (NO_CERTIFICATES !== false) return
  await proxy[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
})

type Members = { readonly [name: string]: unknown }

type Answer = {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly requestId: string
  readonly text: string
  readonly json: Record<string, string>
}

type PostOptions = {
  readonly as?: ProxyCredential
  readonly service?: string
  readonly now?: number
  readonly method?: string
  /** Changes the headers after they were signed. */
  readonly tamper?: (headers: Record<string, string>) => void
}

/** A signed request to the proxy. */
async function post(target: string, body: Members | string, options: PostOptions = {}): Promise<Answer> {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const rawHeaders = ['host', 'localhost']
  const method = options.method ?? 'POST'
  const signature = signRequest(
    { method, target, rawHeaders, body: bytes },
    {
      credentials: options.as ?? credential,
      region: 'eu-west-1',
      service: options.service ?? 'kms-xks-proxy',
      now: options.now ?? Date.now(),
    },
  )
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const all = [...rawHeaders, ...signature]
  for (let at = 0; at < all.length; at += 2) headers[String(all[at])] = String(all[at + 1])
  options.tamper?.(headers)
  const outgoing = httpsRequest({
    ...{ host: '127.0.0.1', port: proxy.port, servername: 'localhost', ca: certificate.cert },
    ...{ method, path: target, headers },
  })
  outgoing.end(method === 'POST' ? bytes : undefined)
  const [response] = await once(outgoing, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    requestId: response.headers['x-amzn-requestid'],
    text,
    json: text === '' ? {} : JSON.parse(text),
  }
}

const METADATA = {
  awsPrincipalArn: 'arn:aws:iam::111122223333:role/app',
  kmsOperation: 'Encrypt',
  kmsRequestId: '4112f4d6-db54-4af4-ae30-c55a22a8dfae',
  kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
}

function encryptBody(change: Members = {}): Members {
  return {
    requestMetadata: METADATA,
    plaintext: base64('a plaintext'),
    encryptionAlgorithm: 'AES_GCM',
    additionalAuthenticatedData: base64('project=nile'),
    ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
    ...change,
  }
}

function decryptBody(sealed: Record<string, string>, change: Members = {}): Members {
  const { ciphertextDataIntegrityValue: _, ...parts } = sealed
  return {
    requestMetadata: { ...METADATA, kmsOperation: 'Decrypt' },
    encryptionAlgorithm: 'AES_GCM',
    additionalAuthenticatedData: base64('project=nile'),
    ...parts,
    ...change,
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function bytesOf(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64')
}

function assertRefused(answer: Answer, status: number, name: string, message = /./): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json['errorName'], name, answer.text)
  assert.equal(answer.type, 'application/json')
  assert.match(String(answer.json['errorMessage']), message)
  assert.match(String(answer.json['errorMessage']), /^[\x20-\x7e]{1,511}$/)
}

function eventOf(requestId: string): Promise<Event> {
  return until('the event is there', async () =>
    (await readEvents(proxy.data)).find(({ requestID }) => requestID === requestId),
  )
}

test('Encrypt gives a ciphertext of the length of the plaintext, with all that the API wants', async () => {
  const answer = await post(`${PATH}/keys/key.one/encrypt`, encryptBody())
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.type, 'application/json')
  const { json } = answer
  assert.equal(bytesOf(json['ciphertext']).length, 'a plaintext'.length)
  assert.equal(bytesOf(json['initializationVector']).length, 12)
  assert.equal(bytesOf(json['authenticationTag']).length, 16)
  assert.ok(bytesOf(json['ciphertextMetadata']).length <= 20)
  const value = integrityValue(Buffer.from('project=nile'), {
    ciphertext: bytesOf(json['ciphertext']),
    iv: bytesOf(json['initializationVector']),
    tag: bytesOf(json['authenticationTag']),
    metadata: bytesOf(json['ciphertextMetadata']),
  })
  assert.equal(json['ciphertextDataIntegrityValue'], Buffer.from(value).toString('base64'))
})

test('Encrypt gives no integrity value unless it is asked for one', async () => {
  const body = encryptBody({ ciphertextDataIntegrityValueAlgorithm: undefined })
  const answer = await post(`${PATH}/keys/key.one/encrypt`, body)
  assert.deepEqual(Object.keys(answer.json).sort(), [
    'authenticationTag',
    'ciphertext',
    'ciphertextMetadata',
    'initializationVector',
  ])
})

test('Decrypt gives the plaintext back, and nothing when any part is another', async () => {
  await proxy.command('key', 'create', 'key.two')
  for (const change of [{}, { additionalAuthenticatedData: undefined }]) {
    const sealed = await post(`${PATH}/keys/key.one/encrypt`, encryptBody(change))
    const body = decryptBody(sealed.json, change)
    const opened = await post(`${PATH}/keys/key.one/decrypt`, body)
    assert.deepEqual(opened.json, { plaintext: base64('a plaintext') })
    const other = await post(`${PATH}/keys/key.two/decrypt`, body)
    assertRefused(other, 400, 'InvalidCiphertextException')
    for (const name of [
      ...['ciphertext', 'initializationVector', 'authenticationTag', 'ciphertextMetadata'],
    ]) {
      const bytes = bytesOf(sealed.json[name])
      for (const at of [0, bytes.length - 1]) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        const wrong = { ...body, [name]: changed.toString('base64') }
        assertRefused(await post(`${PATH}/keys/key.one/decrypt`, wrong), 400, 'InvalidCiphertextException')
      }
    }
    for (const wrong of [
      { additionalAuthenticatedData: base64('project=kongo') },
      { ciphertextMetadata: undefined },
      { initializationVector: Buffer.alloc(16).toString('base64') },
    ]) {
      const answer = await post(`${PATH}/keys/key.one/decrypt`, { ...body, ...wrong })
      assertRefused(answer, 400, 'InvalidCiphertextException')
    }
  }
})

test('plaintexts of 1 to 4,300 bytes and additional data of 8,192 are taken, and one byte more is not', async () => {
  const size = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64')
  const encrypt = (change: Members) => post(`${PATH}/keys/key.one/encrypt`, encryptBody(change))
  assert.equal((await encrypt({ plaintext: size(1) })).status, 200)
  const largest = await encrypt({ plaintext: size(4300), additionalAuthenticatedData: size(8192) })
  assert.equal(largest.status, 200)
  assert.equal(bytesOf(largest.json['ciphertext']).length, 4300)
  const opened = await post(
    `${PATH}/keys/key.one/decrypt`,
    decryptBody(largest.json, { additionalAuthenticatedData: size(8192) }),
  )
  assert.equal(opened.json['plaintext'], size(4300))
  assertRefused(await encrypt({ plaintext: size(4301) }), 400, 'ValidationException', /1 to 4300 bytes/)
  assertRefused(await encrypt({ plaintext: '' }), 400, 'ValidationException', /1 to 4300 bytes/)
  assertRefused(
    await encrypt({ additionalAuthenticatedData: size(8193) }),
    400,
    'ValidationException',
    /0 to 8192/,
  )
})

test('whatever is not the API is a ValidationException that says what is wrong', async () => {
  const sealed = (await post(`${PATH}/keys/key.one/encrypt`, encryptBody())).json
  const cases: readonly (readonly [string, Members | string, RegExp])[] = [
    ['encrypt', '', /must be JSON/],
    ['encrypt', '[]', /must be a JSON object/],
    ['encrypt', encryptBody({ requestMetadata: undefined }), /requestMetadata is required/],
    [
      'encrypt',
      encryptBody({ requestMetadata: { ...METADATA, kmsKeyArn: undefined } }),
      /kmsKeyArn is required/,
    ],
    [
      'encrypt',
      encryptBody({ requestMetadata: { ...METADATA, kmsRequestId: 7 } }),
      /kmsRequestId is no text/,
    ],
    [
      'encrypt',
      encryptBody({ requestMetadata: { ...METADATA, awsPrincipalArn: 'a'.repeat(2049) } }),
      /awsPrincipalArn is no text, or too long/,
    ],
    ['encrypt', encryptBody({ encryptionAlgorithm: 'AES_CBC' }), /must be AES_GCM/],
    ['encrypt', encryptBody({ ciphertextDataIntegrityValueAlgorithm: 'MD5' }), /must be SHA_256/],
    ['encrypt', encryptBody({ plaintext: 'AAA' }), /must be base64/],
    ['encrypt', encryptBody({ plaintext: undefined }), /must be base64/],
    ['decrypt', decryptBody(sealed, { initializationVector: 'AAAA' }), /12 or 16 bytes/],
    ['decrypt', decryptBody(sealed, { authenticationTag: 'AAAA' }), /16 to 16 bytes/],
    ['decrypt', decryptBody(sealed, { ciphertext: undefined }), /ciphertext must be base64/],
    [
      'decrypt',
      decryptBody(sealed, { ciphertextMetadata: Buffer.alloc(21).toString('base64') }),
      /0 to 20 bytes/,
    ],
    ['metadata', { requestMetadata: { kmsRequestId: '1', kmsOperation: 'CreateKey' } }, /awsPrincipalArn/],
  ]
  for (const [action, body, message] of cases) {
    const answer = await post(`${PATH}/keys/key.one/${action}`, body)
    assertRefused(answer, 400, 'ValidationException', message)
  }
  assertRefused(await post(`${PATH}/health`, {}), 400, 'ValidationException', /requestMetadata/)
})

const HEALTH_BODY = { requestMetadata: { kmsRequestId: '1', kmsOperation: 'KmsHealthCheck' } }

test('GetHealthStatus and GetKeyMetadata say what a custom key store asks for', async () => {
  const health = await post(`${PATH}/health`, HEALTH_BODY)
  assert.deepEqual(health.json, {
    xksProxyFleetSize: 1,
    xksProxyVendor: 'Holdfast',
    xksProxyModel: 'Holdfast xks-proxy',
    ekmVendor: 'Holdfast',
    ekmFleetDetails: [{ id: 'holdfast', model: 'Holdfast', healthStatus: 'ACTIVE' }],
  })
  const { kmsKeyArn: _, ...rest } = METADATA
  const metadata = await post(`${PATH}/keys/key.one/metadata`, { requestMetadata: rest })
  assert.deepEqual(metadata.json, {
    keySpec: 'AES_256',
    keyUsage: ['ENCRYPT', 'DECRYPT'],
    keyStatus: 'ENABLED',
  })
  const unknown = await post(`${PATH}/keys/key.none/metadata`, { requestMetadata: rest })
  assertRefused(unknown, 404, 'KeyNotFoundException')
})

test('any other path is an InvalidUriPathException for whoever is known', async () => {
  const targets = [
    '/',
    '/kms/xks/v1/health',
    '/team/kms/xks/v2/health',
    `${PATH}`,
    `${PATH}/`,
    `${PATH}/health/`,
    `${PATH}/health?a=b`,
    `${PATH}/keys/key.one`,
    `${PATH}/keys/key.one/destroy`,
    `${PATH}/keys/key.one/encrypt/more`,
    `${PATH}/keys/key%2Eone/encrypt`,
    `${PATH}/keys//encrypt`,
    `${PATH}/keys/${'a'.repeat(129)}/encrypt`,
  ]
  for (const target of targets) {
    assertRefused(await post(target, encryptBody()), 404, 'InvalidUriPathException')
  }
})

test('a method that is not POST is answered 405', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const answer = await post(`${PATH}/health`, HEALTH_BODY, { method })
    assert.equal(answer.status, 405, method)
  }
})

test('whoever is not known is told no more, and the audit log says why', async () => {
  const now = Date.now()
  const minutes = (count: number) => now + count * 60_000
  const wrongSecret = { ...credential, secretAccessKey: Buffer.alloc(33).toString('base64') }
  const cases: readonly (readonly [PostOptions, RegExp])[] = [
    [{ as: wrongSecret }, /a wrong signature/],
    [{ as: { ...credential, accessKeyId: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' } }, /an unknown access key/],
    [{ service: 'kms' }, /correct service: 'kms-xks-proxy'/],
    [{ now: minutes(-6) }, /Signature expired/],
    [{ now: minutes(6) }, /Signature not yet current/],
    [{ tamper: (headers) => delete headers['authorization'] }, /Missing Authentication Token/],
    [{ tamper: (headers) => Object.assign(headers, { host: 'elsewhere' }) }, /a wrong signature/],
  ]
  for (const [options, why] of cases) {
    const answer = await post(`${PATH}/health`, HEALTH_BODY, options)
    assertRefused(answer, 401, 'AuthenticationFailedException', /^The request could not be authenticated\.$/)
    const event = await eventOf(answer.requestId)
    assert.equal(event.errorCode, 'AuthenticationFailedException')
    assert.match(event.errorMessage ?? '', why)
    assert.deepEqual(event.userIdentity, { type: 'Unknown' })
  }
  assert.equal((await post(`${PATH}/health`, HEALTH_BODY, { now: minutes(-4) })).status, 200)
  assert.equal((await post(`${PATH}/health`, HEALTH_BODY, { now: minutes(4) })).status, 200)
})

test('every call is in the audit log with what its caller says of it, and without its data', async () => {
  const plaintext = base64('a very secret plaintext')
  const answer = await post(`${PATH}/keys/key.one/encrypt`, encryptBody({ plaintext }))
  const event = await eventOf(answer.requestId)
  assert.equal(event.eventName, 'Encrypt')
  assert.equal(event['eventSource'], 'kms-xks-proxy')
  assert.equal(event['awsRegion'], 'eu-west-1')
  assert.deepEqual(event.requestParameters, { externalKeyId: 'key.one', requestMetadata: METADATA })
  assert.deepEqual(event.userIdentity, {
    type: 'ProxyCredential',
    accountId: '000000000000',
    accessKeyId: credential.accessKeyId,
  })
  const opened = await post(`${PATH}/keys/key.one/decrypt`, decryptBody(answer.json))
  assert.equal((await eventOf(opened.requestId)).eventName, 'Decrypt')
  const missing = await post(`${PATH}/keys/none/encrypt`, encryptBody())
  assert.equal((await eventOf(missing.requestId)).errorCode, 'KeyNotFoundException')
  const malformed = await post(`${PATH}/keys/key.one/encrypt`, 'k9-TOPSECRETVALUE')
  assert.equal((await eventOf(malformed.requestId)).errorCode, 'ValidationException')
  const events = JSON.stringify(await readEvents(proxy.data))
  for (const secret of [plaintext, answer.json['ciphertext'] ?? '-', credential.secretAccessKey, 'k9-']) {
    assert.ok(!events.includes(secret))
  }
})

test('a key that is disabled is used no more, at once, and can be enabled again', async () => {
  await proxy.command('key', 'create', 'key.three')
  const encrypt = () => post(`${PATH}/keys/key.three/encrypt`, encryptBody())
  const sealed = await encrypt()
  await proxy.command('key', 'disable', 'key.three')
  assertRefused(await encrypt(), 400, 'InvalidStateException')
  const decrypt = () => post(`${PATH}/keys/key.three/decrypt`, decryptBody(sealed.json))
  assertRefused(await decrypt(), 400, 'InvalidStateException')
  const { json } = await post(`${PATH}/keys/key.three/metadata`, { requestMetadata: METADATA })
  assert.equal(json['keyStatus'], 'DISABLED')
  await proxy.command('key', 'enable', 'key.three')
  assert.deepEqual((await decrypt()).json, { plaintext: base64('a plaintext') })
  const events = await readEvents(proxy.data)
  assert.ok(
    events.some(
      ({ eventName, requestParameters }) =>
        eventName === 'DisableExternalKey' && requestParameters?.['externalKeyId'] === 'key.three',
    ),
  )
})

test('two credentials are accepted, a third is not made, and a deleted one is refused at once', async () => {
  const second = await proxy.newCredential()
  for (const as of [credential, second]) {
    assert.equal((await post(`${PATH}/health`, HEALTH_BODY, { as })).status, 200)
  }
  await assert.rejects(proxy.newCredential(), /there are 2 credentials/)
  const listed = await proxy.command('credential', 'list')
  assert.ok(listed.includes(credential.accessKeyId) && listed.includes(second.accessKeyId))
  await proxy.command('credential', 'delete', second.accessKeyId)
  const refused = await post(`${PATH}/health`, HEALTH_BODY, { as: second })
  assertRefused(refused, 401, 'AuthenticationFailedException')
})

test('the commands refuse ids that cannot be, keys that are there or not there, and missing operands', async () => {
  const data = await temporaryFolder()
  const cases = [
    [['key', 'create', '..'], /'\.\.' is no key id/],
    [['key', 'create', 'a/b'], /is no key id/],
    [['key', 'create', 'a'.repeat(129)], /is no key id/],
    [['key', 'enable', 'none'], /there is no external key 'none'/],
    [['credential', 'delete', 'NONE'], /there is no credential 'NONE'/],
    [['key', 'create'], /ID: expected the ID of an external key; got nothing/],
    [['key', 'destroy', 'a'], /unknown command 'destroy'/],
  ] as const
  for (const [words, message] of cases) {
    const finished = await runHoldfast(data, 'xks-proxy', ...words)
    assert.equal(finished.status, 2, finished.errors)
    assert.match(finished.errors, message)
  }
  const first = await runHoldfast(data, 'xks-proxy', 'key', 'create', 'a')
  assert.equal(first.status, 0, first.errors)
  const second = await runHoldfast(data, 'xks-proxy', 'key', 'create', 'a')
  assert.match(second.errors, /there is an external key 'a' already/)
  const { output } = await runHoldfast(data, 'xks-proxy', 'key', 'list')
  assert.match(output, /^ENABLED \S+Z a\n$/)
})

test('the proxy needs TLS for any address but a loopback one', async () => {
  const finished = await runHoldfast(await temporaryFolder(), 'xks-proxy', '--xks-listen', '0.0.0.0:0')
  assert.equal(finished.status, 2)
  assert.match(finished.errors, /--xks-listen: expected a loopback address, because there is no TLS/)
})
