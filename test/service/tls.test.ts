/** TLS: versions, key exchange, and what the audit log says of it. */

import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { readEvents } from '../support/audit.ts'
import { canMakeCertificates, makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { REGION } from '../support/kms.ts'
import { callOnce, openRaw, rawRequest } from '../support/raw.ts'
import { holdfast } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

const skip = (await canMakeCertificates()) ? false : 'openssl is not installed'

let certificate: TestCertificate
let server: TestServer
/** A folder for servers that do not start. */
let data: string

before(async () => {
  data = await temporaryFolder()
  if (skip !== false) return
  certificate = await makeCertificate()
  const { certFile, keyFile } = certificate
  server = await startServer({ environment: { HOLDFAST_TLS_CERT: certFile, HOLDFAST_TLS_KEY: keyFile } })
})

after(async () => {
  await rm(data, { recursive: true, force: true })
  if (skip !== false) return
  await server[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
})

const trusting = (more: ConnectionOptions = {}): ConnectionOptions => ({ ca: certificate.cert, ...more })

test('holdfast status says how to trust the certificate of an authority of your own', { skip }, async () => {
  const untrusted = await holdfast(['status', `--data=${server.data}`])
  assert.equal(untrusted.status, 1)
  assert.match(untrusted.err, /^next: .*NODE_EXTRA_CA_CERTS/m)
  const NODE_EXTRA_CA_CERTS = certificate.certFile
  const trusted = await holdfast(['status', `--data=${server.data}`], {
    environment: { NODE_EXTRA_CA_CERTS },
  })
  assert.equal(trusted.status, 0)
  // The warnings are about the unlock paths of this test's server.
  assert.match(trusted.err, /^(?:warning: [^\n]*(?:unlock path|no backup)[^\n]*\n)*$/)
})

test('holdfast status trusts a certificate that names the server, also one that listens on all addresses', {
  skip,
}, async () => {
  const path = join(server.data, 'endpoint')
  const endpoint = await readFile(path, 'utf8')
  const { port } = new URL(endpoint)
  await writeFile(path, `https://0.0.0.0:${port}\n`)
  try {
    const status = async (environment = {}): Promise<number | null> =>
      (await holdfast(['status', `--data=${server.data}`], { environment })).status
    assert.equal(await status({ NODE_EXTRA_CA_CERTS: certificate.certFile }), 0)
    assert.equal(await status(), 1)
  } finally {
    await writeFile(path, endpoint)
  }
})

test('the AWS SDK works over TLS', { skip }, async () => {
  assert.match(server.endpoint, /^https:\/\/127\.0\.0\.1:\d+$/)
  const { endpoint, credentials } = server
  const httpsAgent = new Agent({ ca: certificate.cert })
  const kms = new KMSClient({ endpoint, credentials, region: REGION, requestHandler: { httpsAgent } })
  assert.deepEqual((await kms.send(new ListKeysCommand({}))).Keys, [])
  kms.destroy()
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`${version} is spoken, and recorded in tlsDetails`, { skip }, async () => {
    const options = trusting({ minVersion: version, maxVersion: version })
    const { statusLine, headers } = await callOnce(server, 'ListKeys', {}, options)
    assert.equal(statusLine, 'HTTP/1.1 200 OK')
    const requestId = headers.get('x-amzn-RequestId')
    const event = (await readEvents(server.data)).find(({ requestID }) => requestID === requestId)
    const details = event?.['tlsDetails'] as Record<string, string>
    assert.equal(details['tlsVersion'], version)
    assert.match(details['cipherSuite'] ?? '', version === 'TLSv1.3' ? /^TLS_AES_/ : /^TLS_ECDHE_ECDSA_WITH_/)
    assert.equal(details['clientProvidedHostHeader'], new URL(server.endpoint).host)
  })
}

for (const [ciphers, spoken] of [
  ['ECDHE-ECDSA-AES128-GCM-SHA256', true],
  ['ECDHE-ECDSA-AES256-GCM-SHA384', true],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', true],
  ['ECDHE-ECDSA-AES128-SHA256', false],
  ['ECDHE-ECDSA-AES256-SHA384', false],
  ['ECDHE-ECDSA-AES128-SHA', false],
  ['ECDHE-ECDSA-AES256-SHA', false],
] as const) {
  test(`TLS 1.2 with ${ciphers} is ${spoken ? 'spoken' : 'refused'}`, { skip }, async () => {
    const options = trusting({ maxVersion: 'TLSv1.2', ciphers })
    if (!spoken) return await assert.rejects(openRaw(server, options), { code: /HANDSHAKE_FAILURE/ })
    assert.equal((await callOnce(server, 'ListKeys', {}, options)).statusLine, 'HTTP/1.1 200 OK')
  })
}

test('TLS 1.1 is refused', { skip }, async () => {
  const options = trusting({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
  await assert.rejects(openRaw(server, options), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
})

for (const group of ['X25519MLKEM768', 'X25519', 'P-256']) {
  test(`the key exchange ${group} is negotiated with a client that offers it`, { skip }, async () => {
    await using connection = await openRaw(server, trusting({ ecdhCurve: group, minVersion: 'TLSv1.3' }))
    assert.equal((connection.socket as TLSSocket).getProtocol(), 'TLSv1.3')
    connection.send(rawRequest(server, 'TrentService.ListKeys', '{}'))
    assert.equal((await connection.response()).statusLine, 'HTTP/1.1 200 OK')
  })
}

test('a client that speaks no TLS gets no answer', { skip }, async () => {
  await using connection = await openRaw({ ...server, endpoint: server.endpoint.replace('https', 'http') })
  connection.send(rawRequest(server, 'TrentService.ListKeys', '{}'))
  assert.doesNotMatch(await connection.closed(), /200 OK/)
})

test('a listener that others can reach is refused without TLS', async () => {
  for (const address of ['0.0.0.0:0', '[::]:0', '192.0.2.1:7600', 'example.com:7600']) {
    const { status, err } = await holdfast(['serve', `--data=${data}`, `--listen=${address}`])
    assert.equal(status, 2)
    assert.equal(
      err,
      `holdfast: --listen: expected a loopback address, because there is no TLS; got '${address}'. Set HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY, or listen on 127.0.0.1\n`,
    )
  }
})

test('a certificate that is missing or no certificate stops the start with its path', { skip }, async () => {
  const missing = `${data}/none.pem`
  for (const [cert, key, message] of [
    [missing, certificate.keyFile, /none\.pem/],
    [certificate.keyFile, certificate.keyFile, /no PEM certificate/],
  ] as const) {
    const args = ['serve', `--data=${data}`, '--listen=127.0.0.1:0', `--tls-cert=${cert}`, `--tls-key=${key}`]
    const { status, err } = await holdfast(args)
    assert.equal(status, 2)
    assert.match(err, message)
  }
})
