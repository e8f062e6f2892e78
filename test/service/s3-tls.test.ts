/** The S3 gateway over TLS, with buckets in host names; health checks; too many calls. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import { canMakeCertificates, makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { kmsClient } from '../support/kms.ts'
import { holdfast } from '../support/run.ts'
import {
  type S3Ask,
  type S3Reply,
  s3,
  s3Succeeds,
  startGateway,
  type TestGateway,
} from '../support/s3-gateway.ts'
import { startServer, type TestServer } from '../support/server.ts'

const skip = (await canMakeCertificates()) ? false : 'openssl is not installed'
const DOMAIN = 's3.example'

let server: TestServer
let certificate: TestCertificate
let gateway: TestGateway

before(async () => {
  if (skip !== false) return
  server = await startServer()
  certificate = await makeCertificate()
  const { certFile, keyFile, cert } = certificate
  gateway = await startGateway(server, {
    ca: cert,
    environment: { HOLDFAST_TLS_CERT: certFile, HOLDFAST_TLS_KEY: keyFile, HOLDFAST_S3_DOMAIN: DOMAIN },
  })
  await s3Succeeds(gateway, { method: 'PUT', target: '/hosted' })
})

after(async () => {
  if (skip !== false) return
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await certificate[Symbol.asyncDispose]()
})

const ask = (method: string, target: string, more: Partial<S3Ask> = {}): Promise<S3Reply> =>
  s3(gateway, { method, target, ...more })

test('a bucket is in the host name or in the path', { skip }, async () => {
  const host = `hosted.${DOMAIN}`
  assert.equal((await ask('PUT', '/a/b', { host, body: 'bytes' })).status, 200)
  assert.equal((await ask('GET', '/hosted/a/b')).body.toString(), 'bytes')
  assert.equal((await ask('GET', '/a/b', { host: `hosted.${DOMAIN}:7690` })).body.toString(), 'bytes')
  assert.match((await ask('GET', '/', { host })).body.toString(), /<Key>a\/b</)
  // Neither a longer domain nor the domain itself names a bucket.
  assert.equal((await ask('GET', '/hosted/a/b', { host: DOMAIN })).body.toString(), 'bytes')
  assert.equal((await ask('GET', '/a/b', { host: `hosted.${DOMAIN}.evil.example` })).code, 'NoSuchBucket')
  // The signature covers the host: an object of another bucket cannot be reached by changing it.
  const moved = await ask('GET', '/a/b', {
    host,
    tamper: (headers) => void headers.splice(headers.indexOf(host), 1, `other.${DOMAIN}`),
  })
  assert.equal(moved.code, 'SignatureDoesNotMatch')
})

test('conditions of policies see the version of TLS', { skip }, async () => {
  const limited = (condition: object) => ({
    Effect: 'Deny',
    Action: 's3:*',
    Resource: '*',
    Condition: condition,
  })
  const cases: readonly (readonly [string, object, number])[] = [
    ['old-tls', limited({ NumericLessThan: { 's3:TlsVersion': '1.2' } }), 200],
    ['new-tls', limited({ NumericGreaterThanEquals: { 's3:TlsVersion': '1.2' } }), 403],
    ['no-tls', limited({ Bool: { 'aws:SecureTransport': 'false' } }), 200],
    ['tls', limited({ Bool: { 'aws:SecureTransport': 'true' } }), 403],
  ]
  for (const [name, statement, status] of cases) {
    const credentials = await newUser(iamClient(server), name, policyText(allow('s3:*'), statement))
    assert.equal((await ask('GET', '/hosted', { credentials })).status, status, name)
  }
})

test('health checks need no signature, and are no objects', { skip }, async () => {
  for (const target of ['/.holdfast/healthz', '/.holdfast/readyz']) {
    const reply = await ask('GET', target, {
      tamper: (headers) => void headers.splice(headers.indexOf('authorization'), 2),
    })
    assert.deepEqual([reply.status, reply.body.toString()], [200, 'ok\n'])
  }
  const other = { tamper: (headers: string[]) => void headers.splice(headers.indexOf('authorization'), 2) }
  assert.equal((await ask('GET', '/.holdfast/other', other)).code, 'AccessDenied')
})

test('calls beyond a rate of KMS get SlowDown and store nothing, and later ones work', { skip }, async () => {
  const environment = { HOLDFAST_DATA: server.data }
  const { KeyMetadata } = await kmsClient(server).send(new CreateKeyCommand({}))
  const set = (value: string) =>
    holdfast(['quota', 'set', '--account=000000000000', '--name=kms.symmetric', `--value=${value}`], {
      environment,
    })
  const limited = await set('1')
  assert.equal(limited.status, 0, limited.err)
  const headers = {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': KeyMetadata?.Arn ?? '',
  }
  const keys = Array.from({ length: 30 }, (_, at) => `flood-${at}`)
  const replies = await Promise.all(keys.map((key) => ask('PUT', `/hosted/${key}`, { headers, body: 'x' })))
  const refused = replies.filter(({ status }) => status !== 200)
  assert.ok(refused.length > 0)
  for (const { status, code } of refused) assert.deepEqual([status, code], [503, 'SlowDown'])
  assert.equal((await set('default')).status, 0)
  const listed = (await ask('GET', '/hosted?prefix=flood-')).body.toString()
  assert.equal(listed.match(/<Key>/g)?.length ?? 0, replies.length - refused.length)
})
