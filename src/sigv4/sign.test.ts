import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EncryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import fc from 'fast-check'
import { KmsError } from '../api/errors.ts'
import { type Claims, parseClaims } from './claims.ts'
import type { SignedRequest } from './request.ts'
import { signRequest } from './sign.ts'
import { deriveSigningKey, SigningKeys } from './signing-key.ts'
import { checkScope, verifySignature } from './verify.ts'

const published = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const PUBLISHED_AT = Date.UTC(2015, 7, 30, 12, 36, 0)
const AMZ_DATE = '20150830T123600Z'

type Vector = {
  readonly method: string
  readonly target: string
  readonly headers?: readonly string[]
  readonly service?: string
  readonly host?: string
  readonly body?: string
  readonly signature: string
}

const VANILLA = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'

/** Source: AWS Signature Version 4 test suite, and AWS General Reference, "ListUsers" example. */
const VECTORS: Readonly<Record<string, Vector>> = {
  'get-vanilla': { method: 'GET', target: '/', signature: VANILLA },
  'get-slashes': { method: 'GET', target: '//', signature: VANILLA },
  'get-relative': { method: 'GET', target: '/example/..', signature: VANILLA },
  'get-slash-dot-slash': { method: 'GET', target: '/./', signature: VANILLA },
  'get-utf8': {
    method: 'GET',
    target: '/ሴ',
    signature: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
  },
  'get-vanilla-query-order-key-case': {
    method: 'GET',
    target: '/?Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  'get-vanilla-empty-query-key': {
    method: 'GET',
    target: '/?Param1=value1',
    signature: 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  },
  'get-vanilla-query-unreserved': {
    method: 'GET',
    target:
      '/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    signature: '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  },
  'get-header-key-duplicate': {
    method: 'GET',
    target: '/',
    headers: ['My-Header1', 'value2', 'My-Header1', 'value2', 'My-Header1', 'value1'],
    signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  },
  'get-header-value-trim': {
    method: 'GET',
    target: '/',
    headers: ['My-Header1', ' value1', 'My-Header2', ' "a   b   c"'],
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  'post-vanilla': {
    method: 'POST',
    target: '/',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  'post-x-www-form-urlencoded': {
    method: 'POST',
    target: '/',
    headers: ['Content-Type', 'application/x-www-form-urlencoded'],
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  'list-users': {
    method: 'GET',
    target: '/?Action=ListUsers&Version=2010-05-08',
    headers: ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
    host: 'iam.amazonaws.com',
    service: 'iam',
    signature: '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  },
}

for (const [name, vector] of Object.entries(VECTORS)) {
  test(`signRequest and verifySignature agree with the published example ${name}`, () => {
    const { method, target, service = 'service', signature } = vector
    const rawHeaders = ['Host', vector.host ?? 'example.amazonaws.com', ...(vector.headers ?? [])]
    const request: SignedRequest = { method, target, rawHeaders, body: Buffer.from(vector.body ?? '') }
    const region = 'us-east-1'
    const added = signRequest(request, { credentials: published, region, service, now: PUBLISHED_AT })
    assert.deepEqual(added.slice(0, 3), ['x-amz-date', AMZ_DATE, 'authorization'])
    const authorization = added[3] ?? ''
    const prefix = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, `
    assert.ok(authorization.startsWith(prefix))
    assert.ok(authorization.endsWith(`, Signature=${signature}`))
    const signedHeaders = /SignedHeaders=([^,]*)/.exec(authorization)?.[1] ?? ''
    const scope = { date: '20150830', region, service, terminator: 'aws4_request' }
    const claims: Claims = {
      ...{ accessKeyId: published.accessKeyId, scope, signedHeaders: signedHeaders.split(';'), signature },
      ...{ signedAt: PUBLISHED_AT, amzDate: AMZ_DATE, securityToken: undefined, presigned: false },
    }
    const received = { ...request, rawHeaders: [...rawHeaders, ...added] }
    assert.ok(verifySignature(received, claims, deriveSigningKey(published.secretAccessKey, scope)))
  })
}

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}

/** Whether a request is accepted as it is received. */
function accepts(request: SignedRequest): boolean {
  try {
    const claims = parseClaims(request)
    checkScope(claims, { service: 'kms', now: claims.signedAt })
    return verifySignature(request, claims, deriveSigningKey(credentials.secretAccessKey, claims.scope))
  } catch (error) {
    if (error instanceof KmsError) return false
    throw error
  }
}

const headerName = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/)
  .filter((name) => !RESERVED.has(name.toLowerCase()))
const RESERVED = new Set(['authorization', 'date', 'host', 'x-amz-date', 'x-amz-security-token'])
const headerValue = fc.stringMatching(/^[ \t!-~]{0,40}$/)
const segment = fc.stringMatching(/^[A-Za-z0-9%._~ -]{0,10}$/).filter((text) => text !== '..')
const query = fc.array(fc.stringMatching(/^[A-Za-z0-9%+=._~ -]{0,12}$/), { maxLength: 4 })

const unsigned: fc.Arbitrary<SignedRequest> = fc
  .record({
    method: fc.constantFrom('POST', 'GET', 'PUT'),
    path: fc.array(segment, { maxLength: 4 }),
    query: fc.option(query),
    headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 8 }),
    body: fc.uint8Array({ maxLength: 80 }),
  })
  .map((parts) => ({
    method: parts.method,
    target: `/${parts.path.join('/')}${parts.query === null ? '' : `?${parts.query.join('&')}`}`,
    rawHeaders: ['Host', 'localhost:8080', ...parts.headers.flat()],
    body: parts.body,
  }))

const anySigned = fc
  .tuple(
    unsigned,
    fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/), { nil: undefined }),
    fc.integer({ min: 0, max: 4e12 }),
  )
  .map(([request, sessionToken, now]) => {
    const options = {
      credentials: { ...credentials, sessionToken },
      region: 'eu-west-1',
      service: 'kms',
      now,
    }
    return { ...request, rawHeaders: [...request.rawHeaders, ...signRequest(request, options)] }
  })

test('whatever signRequest signs is accepted', () => {
  fc.assert(fc.property(anySigned, accepts))
})

test('a signed request is accepted with its headers in any order and case, if no name is there twice', () => {
  fc.assert(
    fc.property(anySigned, fc.infiniteStream(fc.boolean()), (request, upper) => {
      const pairs: [string, string][] = []
      for (let index = 0; index < request.rawHeaders.length; index += 2) {
        const name = request.rawHeaders[index] ?? ''
        pairs.push([upper.next().value ? name.toUpperCase() : name, request.rawHeaders[index + 1] ?? ''])
      }
      fc.pre(new Set(pairs.map(([name]) => name.toLowerCase())).size === pairs.length)
      return accepts({ ...request, rawHeaders: pairs.toReversed().flat() })
    }),
  )
})

test('a signed request is refused after a change to any header value', () => {
  fc.assert(
    fc.property(anySigned, fc.nat(), fc.nat(), (request, which, where) => {
      const rawHeaders = [...request.rawHeaders]
      const index = 2 * (which % (rawHeaders.length / 2)) + 1
      const value = rawHeaders[index] ?? ''
      const at = where % (value.length + 1)
      rawHeaders[index] = `${value.slice(0, at)}x${value.slice(at)}`
      return !accepts({ ...request, rawHeaders })
    }),
  )
})

test('a signed request is refused without any one of its headers', () => {
  fc.assert(
    fc.property(anySigned, fc.nat(), (request, which) => {
      const index = 2 * (which % (request.rawHeaders.length / 2))
      return !accepts({ ...request, rawHeaders: request.rawHeaders.toSpliced(index, 2) })
    }),
  )
})

test('a signed request is refused after a change to any byte of the body', () => {
  fc.assert(
    fc.property(anySigned, fc.nat(), fc.integer({ min: 1, max: 255 }), (request, which, bits) => {
      fc.pre(request.body.length > 0)
      const body = Uint8Array.from(request.body)
      const index = which % body.length
      body[index] = (body[index] ?? 0) ^ bits
      return (
        !accepts({ ...request, body }) && !accepts({ ...request, body: Buffer.concat([request.body, body]) })
      )
    }),
  )
})

test('a signed request is refused with another method or target', () => {
  fc.assert(
    fc.property(anySigned, (request) => {
      const { target } = request
      const query = target.includes('?') ? `${target}&z=1` : `${target}?z=1`
      for (const other of [`/x${target}`, query]) assert.ok(!accepts({ ...request, target: other }), other)
      return !accepts({ ...request, method: 'DELETE' })
    }),
  )
})

test('a signed request is refused after a change to any digit of the signature', () => {
  fc.assert(
    fc.property(anySigned, fc.nat({ max: 63 }), fc.integer({ min: 1, max: 15 }), (request, which, bits) => {
      const rawHeaders = [...request.rawHeaders]
      const authorization = rawHeaders.at(-1) ?? ''
      const at = authorization.length - 64 + which
      const digit = (Number.parseInt(authorization.charAt(at), 16) ^ bits).toString(16)
      rawHeaders[rawHeaders.length - 1] = authorization.slice(0, at) + digit + authorization.slice(at + 1)
      return !accepts({ ...request, rawHeaders })
    }),
  )
})

test('signRequest gives the same headers with and without remembered keys', () => {
  const request = { method: 'POST', target: '/', rawHeaders: ['host', 'localhost'], body: new Uint8Array(0) }
  const options = { credentials, region: 'eu-west-1', service: 'kms', now: PUBLISHED_AT }
  const expected = signRequest(request, options)
  const keys = new SigningKeys()
  for (let round = 0; round < 2; round += 1)
    assert.deepEqual(signRequest(request, { ...options, keys }), expected)
})

test('signRequest refuses a request without a host', () => {
  const request = { method: 'POST', target: '/', rawHeaders: [], body: new Uint8Array(0) }
  const options = { credentials, region: 'eu-west-1', service: 'kms', now: PUBLISHED_AT }
  assert.throws(() => signRequest(request, options), {
    name: 'AssertionError',
    message: 'the host header is missing',
  })
})

type SdkRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What the AWS SDK would send for one call, with a session token when asked. */
async function sdkRequests(sessionToken: string | undefined): Promise<readonly SignedRequest[]> {
  const requests: SignedRequest[] = []
  const handle = (request: SdkRequest): Promise<never> => {
    const { method, path, headers, body } = request
    assert.ok(typeof body === 'string' || body instanceof Uint8Array)
    const bytes = typeof body === 'string' ? Buffer.from(body) : Uint8Array.from(body)
    requests.push({
      method,
      target: path,
      rawHeaders: Object.entries(headers).flat(),
      body: bytes,
    })
    return Promise.reject(new Error('not sent'))
  }
  const client = new KMSClient({
    region: 'eu-west-1',
    endpoint: 'http://localhost:8080',
    credentials: sessionToken === undefined ? credentials : { ...credentials, sessionToken },
    maxAttempts: 1,
    requestHandler: { handle },
  })
  const encrypt = new EncryptCommand({ KeyId: 'alias/ü', Plaintext: Buffer.from('text') })
  await assert.rejects(client.send(encrypt), { message: 'not sent' })
  const generate = new GenerateDataKeyCommand({
    KeyId: 'alias/a',
    KeySpec: 'AES_256',
    EncryptionContext: { a: 'b' },
  })
  await assert.rejects(client.send(generate), { message: 'not sent' })
  return requests
}

test('requests that the AWS SDK has signed are accepted, and refused after a change', async () => {
  for (const sessionToken of [undefined, 'c2Vzc2lvbg==']) {
    const requests = await sdkRequests(sessionToken)
    assert.equal(requests.length, 2)
    for (const request of requests) {
      assert.equal(parseClaims(request).securityToken, sessionToken)
      assert.ok(accepts(request))
      assert.ok(!accepts({ ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) }))
    }
  }
})

test('signRequest gives the signature that the AWS SDK gives', async () => {
  const requests = await sdkRequests(undefined)
  assert.ok(requests.length > 0)
  for (const request of requests) {
    const claims = parseClaims(request)
    const listed = new Set(claims.signedHeaders)
    const rawHeaders: string[] = []
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      const name = request.rawHeaders[index] ?? ''
      if (listed.has(name) && name !== 'x-amz-date')
        rawHeaders.push(name, request.rawHeaders[index + 1] ?? '')
    }
    const { region, service } = claims.scope
    const added = signRequest(
      { ...request, rawHeaders },
      { credentials, region, service, now: claims.signedAt },
    )
    assert.ok(added.at(-1)?.endsWith(`Signature=${claims.signature}`))
  }
})
