import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256Hex } from '../crypto/hash.ts'
import { type Claims, parseClaims } from './claims.ts'
import type { SignedRequest } from './request.ts'
import { signRequest } from './sign.ts'
import { deriveSigningKey } from './signing-key.ts'
import { checkScope, signatureMismatch, verifySignature } from './verify.ts'

const NOON = Date.UTC(2022, 7, 30, 12, 36, 0)
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const key = deriveSigningKey(credentials.secretAccessKey, {
  date: '20220830',
  region: 'eu-west-1',
  service: 'kms',
})

const claims: Claims = {
  accessKeyId: credentials.accessKeyId,
  scope: { date: '20220830', region: 'eu-west-1', service: 'kms', terminator: 'aws4_request' },
  signedHeaders: ['host', 'x-amz-date'],
  signature: '00'.repeat(32),
  signedAt: NOON,
  amzDate: '20220830T123600Z',
  securityToken: undefined,
  presigned: false,
}

function refuses(scope: Partial<Claims['scope']>, message: string): void {
  const changed = { ...claims, scope: { ...claims.scope, ...scope } }
  assert.throws(() => checkScope(changed, { service: 'kms', now: NOON }), {
    name: 'KmsError',
    code: 'InvalidSignatureException',
    message,
  })
}

test('checkScope passes a scope for the service and the day', () => {
  for (const region of [
    'us-east-1',
    'us-gov-west-1',
    'us-isob-east-1',
    'ap-southeast-12',
    'eusc-de-east-1',
  ]) {
    checkScope({ ...claims, scope: { ...claims.scope, region } }, { service: 'kms', now: NOON })
  }
})

test('checkScope refuses another terminator', () => {
  refuses(
    { terminator: 'aws3_request' },
    "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3_request'.",
  )
})

test('checkScope refuses another service', () => {
  refuses({ service: 'iam' }, "Credential should be scoped to correct service: 'kms'. ")
})

test('checkScope refuses what is not a region and repeats a limited part of it', () => {
  const longest = `us-${'a'.repeat(27)}-1`
  checkScope({ ...claims, scope: { ...claims.scope, region: longest } }, { service: 'kms', now: NOON })
  for (const region of [
    '',
    'us',
    'us-east',
    'us-1',
    'u-east-1',
    'US-EAST-1',
    'us--east-1',
    'us-east-1a',
    `${longest}1`,
  ]) {
    refuses({ region }, `Credential should be scoped to a valid region, not '${region}'. `)
  }
  refuses(
    { region: 'a'.repeat(8000) },
    `Credential should be scoped to a valid region, not '${'a'.repeat(64)}…'. `,
  )
})

test('checkScope refuses a scope of another day than the request', () => {
  refuses(
    { date: '20220829' },
    'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
      "'20220829' != '20220830', from '20220830T123600Z'.",
  )
})

test('checkScope names the first thing that does not fit', () => {
  const all = { terminator: 'x', service: 'x', region: 'x', date: 'x' }
  refuses(all, "Credential should be scoped with a valid terminator: 'aws4_request', not 'x'.")
  refuses({ ...all, terminator: 'aws4_request' }, "Credential should be scoped to correct service: 'kms'. ")
  refuses({ region: 'x', date: 'x' }, "Credential should be scoped to a valid region, not 'x'. ")
})

const SKEW_MS = 15 * 60_000

test('checkScope passes a request that is 15 minutes off, to the second', () => {
  for (const offMs of [-SKEW_MS, 0, 999, SKEW_MS, SKEW_MS + 999]) {
    checkScope(claims, { service: 'kms', now: NOON + offMs })
  }
})

test('checkScope refuses a request that is older than 15 minutes', () => {
  assert.throws(() => checkScope(claims, { service: 'kms', now: NOON + SKEW_MS + 1000 }), {
    code: 'InvalidSignatureException',
    message:
      'Signature expired: 20220830T123600Z is now earlier than 20220830T123601Z (20220830T125101Z - 15 min.)',
  })
})

test('checkScope refuses a request that is more than 15 minutes ahead', () => {
  assert.throws(() => checkScope(claims, { service: 'kms', now: NOON - SKEW_MS - 1 }), {
    code: 'InvalidSignatureException',
    message:
      'Signature not yet current: 20220830T123600Z is still later than 20220830T123559Z (20220830T122059Z + 15 min.)',
  })
})

test('signatureMismatch has the text that clients know', () => {
  const error = signatureMismatch()
  assert.equal(error.code, 'InvalidSignatureException')
  assert.equal(
    error.message,
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
})

const BODY = Buffer.from('{"KeyId":"alias/a"}')

function signed(rawHeaders: readonly string[]): SignedRequest {
  const request = {
    method: 'POST',
    target: '/',
    rawHeaders: ['Host', 'localhost', ...rawHeaders],
    body: BODY,
  }
  const options = { credentials, region: 'eu-west-1', service: 'kms', now: NOON }
  return { ...request, rawHeaders: [...request.rawHeaders, ...signRequest(request, options)] }
}

function verifies(request: SignedRequest): boolean {
  return verifySignature(request, parseClaims(request), key)
}

test("verifySignature takes a body hash that is the body's and no other", () => {
  assert.ok(verifies(signed(['X-Amz-Content-Sha256', sha256Hex(BODY)])))
  const hashes = [
    ...['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', ''],
    ...[sha256Hex(''), sha256Hex(BODY).toUpperCase()],
  ]
  for (const hash of hashes) assert.equal(verifies(signed(['X-Amz-Content-Sha256', hash])), false, hash)
})

test('verifySignature takes unsigned headers that are not x-amz-*', () => {
  const request = signed([])
  const added = (name: string) => ({ ...request, rawHeaders: [...request.rawHeaders, name, 'x'] })
  for (const name of ['User-Agent', 'amz-sdk-request', 'x-amzn-trace-id'])
    assert.ok(verifies(added(name)), name)
  for (const name of ['X-Amz-Target', 'x-amz-content-sha256', 'X-AMZ-ANYTHING']) {
    assert.equal(verifies(added(name)), false, name)
  }
})

test('verifySignature refuses a signature that is not 64 lower-case hexadecimal digits', () => {
  const request = signed([])
  const good = parseClaims(request)
  assert.ok(verifySignature(request, good, key))
  const { signature } = good
  for (const bad of [
    signature.toUpperCase(),
    `${signature}00`,
    signature.slice(2),
    'x',
    '',
    signature.replace(/.$/, 'g'),
  ]) {
    assert.equal(verifySignature(request, { ...good, signature: bad }, key), false)
  }
})

test('verifySignature refuses the key of another secret, day, region or service', () => {
  const request = signed([])
  const good = parseClaims(request)
  const others = [
    deriveSigningKey('another', good.scope),
    deriveSigningKey(credentials.secretAccessKey, { ...good.scope, date: '20220831' }),
    deriveSigningKey(credentials.secretAccessKey, { ...good.scope, region: 'eu-west-2' }),
    deriveSigningKey(credentials.secretAccessKey, { ...good.scope, service: 'iam' }),
  ]
  for (const other of others) assert.equal(verifySignature(request, good, other), false)
})
