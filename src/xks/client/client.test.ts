import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before } from 'node:test'
import {
  makeCertificate,
  NO_CERTIFICATES,
  type TestCertificate,
  testWithCertificate as test,
} from '../../../test/support/certificate.ts'
import {
  openScriptedProxy,
  PROXY_PATH,
  refusal,
  type ScriptedProxy,
} from '../../../test/support/xks-proxy.ts'
import { utf8 } from '../../base/bytes.ts'
import { systemClock, systemTimers, type Timers } from '../../base/ports.ts'
import { parseClaims } from '../../sigv4/claims.ts'
import { deriveSigningKey } from '../../sigv4/signing-key.ts'
import { verifySignature } from '../../sigv4/verify.ts'
import { openXksClient, type XksClient, type XksClientOptions } from './client.ts'
import { XKS_ANSWER_MAX_BYTES, type XksRoutes } from './exchange.ts'
import { XksFailure } from './failure.ts'

const SECRET = 'a secret of the client, which is 44 characters'
const TARGET = {
  endpoint: 'https://localhost',
  path: `/team${PROXY_PATH}`,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'ABCDEFGHIJKLMNOPQRST', secretAccessKey: SECRET },
}
const KEY = { target: TARGET, keyId: 'a.key-1' }
const PURPOSE = {
  requestId: 'request-1',
  operation: 'Encrypt',
  subject: {
    principalArn: 'arn:aws:iam::111122223333:root',
    keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  },
}
const INPUT = { plaintext: utf8('a plaintext'), aad: utf8('a context') }

let certificate: TestCertificate
let proxy: ScriptedProxy

before(async () => {
  if (NO_CERTIFICATES !== false) return
  certificate = await makeCertificate()
  proxy = await openScriptedProxy(certificate)
})

after(async () => {
  if (NO_CERTIFICATES !== false) return
  await proxy[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
})

const PATIENT_MS = 30_000

function open(change: Partial<XksClientOptions> = {}): XksClient {
  return openXksClient({
    ca: certificate.cert,
    routes: route(proxy.port),
    timeoutMs: PATIENT_MS,
    clock: systemClock,
    timers: systemTimers,
    ...change,
  })
}

function route(port: number): XksRoutes {
  return new Map([['localhost', { host: '127.0.0.1', port }]])
}

async function reasonOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (cause) => cause,
  )
  assert.ok(error instanceof XksFailure, `no XksFailure but ${error}`)
  return error.reason
}

test('the client signs host and date only, for the service kms-xks-proxy', async () => {
  proxy.behave(() => undefined)
  using client = open()
  await client.encrypt(KEY, INPUT, PURPOSE)
  const request = proxy.requests.at(-1)
  assert.ok(request)
  assert.equal(request.method, 'POST')
  assert.equal(request.path, `/team${PROXY_PATH}/keys/a.key-1/encrypt`)
  assert.equal(request.headers.host, 'localhost')
  const signed = {
    method: 'POST',
    target: request.path,
    rawHeaders: Object.entries(request.headers).flatMap(([name, value]) => [name, String(value)]),
    body: utf8(JSON.stringify(request.body)),
  }
  const claims = parseClaims(signed)
  assert.deepEqual(claims.signedHeaders, ['host', 'x-amz-date'])
  assert.equal(claims.scope.service, 'kms-xks-proxy')
  assert.equal(claims.scope.region, 'eu-west-1')
  assert.ok(verifySignature(signed, claims, deriveSigningKey(SECRET, claims.scope)))
})

test('the client says for whom it asks, and asks for the integrity value', async () => {
  proxy.behave(() => undefined)
  using client = open()
  await client.encrypt(KEY, INPUT, PURPOSE)
  assert.deepEqual(proxy.requests.at(-1)?.body, {
    requestMetadata: {
      awsPrincipalArn: PURPOSE.subject.principalArn,
      kmsOperation: 'Encrypt',
      kmsRequestId: 'request-1',
      kmsKeyArn: PURPOSE.subject.keyArn,
    },
    plaintext: Buffer.from('a plaintext').toString('base64'),
    encryptionAlgorithm: 'AES_GCM',
    additionalAuthenticatedData: Buffer.from('a context').toString('base64'),
    ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
  })
  await client.health(TARGET, { requestId: 'request-2', operation: 'ConnectCustomKeyStore' })
  assert.deepEqual(proxy.requests.at(-1)?.body, {
    requestMetadata: { kmsOperation: 'ConnectCustomKeyStore', kmsRequestId: 'request-2' },
  })
})

test('what the proxy has encrypted it decrypts with the same additional data only', async () => {
  proxy.behave(() => undefined)
  using client = open()
  const sealed = await client.encrypt(KEY, INPUT, PURPOSE)
  const opened = await client.decrypt(KEY, { ...sealed, aad: INPUT.aad }, PURPOSE)
  assert.deepEqual(Buffer.from(opened), Buffer.from(INPUT.plaintext))
  const other = client.decrypt(KEY, { ...sealed, aad: utf8('another') }, PURPOSE)
  assert.equal(await reasonOf(other), 'InvalidCiphertextException')
})

test('a refusal of the proxy is its reason, and its words stay with the operator', async () => {
  proxy.behave(() => refusal(401, 'AuthenticationFailedException'))
  using client = open()
  assert.equal(await reasonOf(client.keyMetadata(KEY, PURPOSE)), 'AuthenticationFailedException')
})

test('an answer that is longer than the limit is malformed, and one of the limit is read', async () => {
  using client = open()
  const padding = (size: number): string => `{"keySpec":"${'A'.repeat(size - '{"keySpec":""}'.length)}"}`
  proxy.behave(() => ({ status: 200, body: padding(XKS_ANSWER_MAX_BYTES + 1) }))
  await assert.rejects(client.keyMetadata(KEY, PURPOSE), /longer than 16384 bytes/)
  proxy.behave(() => ({ status: 200, body: padding(XKS_ANSWER_MAX_BYTES) }))
  await assert.rejects(client.keyMetadata(KEY, PURPOSE), /keyStatus is no text/)
})

test('a proxy that closes the connection without an answer is unreachable', async () => {
  using client = open()
  proxy.behave(() => 'hang up')
  assert.equal(await reasonOf(client.encrypt(KEY, INPUT, PURPOSE)), 'Unreachable')
})

/** Timers whose moment the test chooses: the deadline of the last call. */
function deadlines(): { readonly timers: Timers; readonly pass: () => void } {
  let last = (): void => {}
  return {
    timers: {
      after: (_, task) => {
        last = task
        return { cancel: () => {} }
      },
    },
    pass: () => last(),
  }
}

test('a proxy that does not answer within the time has timed out', async () => {
  const { timers, pass } = deadlines()
  using client = open({ timers })
  proxy.behave(() => {
    pass()
    return 'silence'
  })
  assert.equal(await reasonOf(client.encrypt(KEY, INPUT, PURPOSE)), 'TimedOut')
})

test('an encryption is asked for once, and a question that is not answered three times', async () => {
  const { timers, pass } = deadlines()
  using client = open({ timers })
  proxy.behave(() => {
    pass()
    return 'silence'
  })
  const first = proxy.requests.length
  assert.equal(await reasonOf(client.encrypt(KEY, INPUT, PURPOSE)), 'TimedOut')
  assert.equal(proxy.requests.length - first, 1)
  const second = proxy.requests.length
  assert.equal(await reasonOf(client.health(TARGET, PURPOSE)), 'TimedOut')
  assert.equal(proxy.requests.length - second, 3)
})

test('a kept connection that the proxy has closed is replaced without the caller seeing it', async () => {
  await using other = await openScriptedProxy(certificate)
  using client = open({ routes: route(other.port) })
  await client.health(TARGET, PURPOSE)
  other.behave((request, right) => {
    if (other.requests.filter(({ path }) => path === request.path).length > 1) return right()
    return 'hang up'
  })
  assert.ok(await client.encrypt(KEY, INPUT, PURPOSE))
  assert.equal(other.requests.filter(({ path }) => path.endsWith('/encrypt')).length, 2)
})

test('nobody at the port is unreachable', async () => {
  const closed = await openScriptedProxy(certificate)
  await closed.close()
  using client = open({ routes: route(closed.port) })
  assert.equal(await reasonOf(client.encrypt(KEY, INPUT, PURPOSE)), 'Unreachable')
})

test('somebody at the port without TLS is a failure of TLS', async () => {
  const plain = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  try {
    using client = open({ routes: route((plain.address() as AddressInfo).port) })
    assert.equal(await reasonOf(client.encrypt(KEY, INPUT, PURPOSE)), 'TlsFailed')
  } finally {
    plain.close()
  }
})

test('a certificate that nobody trusts, or of another name, is a failure of TLS', async () => {
  using untrusting = open({ ca: undefined })
  assert.equal(await reasonOf(untrusting.encrypt(KEY, INPUT, PURPOSE)), 'TlsFailed')
  const elsewhere = { ...KEY, target: { ...TARGET, endpoint: 'https://xks.example' } }
  using client = open({ routes: new Map([['xks.example', { host: '127.0.0.1', port: proxy.port }]]) })
  assert.equal(await reasonOf(client.encrypt(elsewhere, INPUT, PURPOSE)), 'TlsFailed')
})

test('an endpoint leads to this machine and its link only by a route of the operator', async () => {
  using client = open({ routes: new Map() })
  for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '169.254.169.254', '0.0.0.0', '2130706433']) {
    const target = { ...TARGET, endpoint: `https://${host}` }
    assert.equal(await reasonOf(client.encrypt({ target, keyId: 'a' }, INPUT, PURPOSE)), 'Unreachable', host)
  }
})
