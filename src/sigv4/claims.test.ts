import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KmsError } from '../api/errors.ts'
import { toBase64, utf8 } from '../base/bytes.ts'
import { sha256 } from '../crypto/hash.ts'
import { parseClaims } from './claims.ts'
import { SIGNED_HEADERS_MAX } from './credential.ts'
import type { SignedRequest } from './request.ts'

const CREDENTIAL = 'Credential=AKIAIOSFODNN7EXAMPLE/20150830/us-east-1/kms/aws4_request'
const SIGNED_HEADERS = 'SignedHeaders=host;x-amz-date'
const SIGNATURE = `Signature=${'0a'.repeat(32)}`
const COMPLETE = `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${SIGNED_HEADERS}, ${SIGNATURE}`
const AMZ_DATE = ['X-Amz-Date', '20150830T123600Z']

function request(rawHeaders: readonly string[], target = '/'): SignedRequest {
  return { method: 'POST', target, rawHeaders: ['Host', 'localhost', ...rawHeaders], body: new Uint8Array(0) }
}

function withAuthorization(authorization: string): SignedRequest {
  return request([...AMZ_DATE, 'Authorization', authorization])
}

function refuses(refused: SignedRequest, code: string, message: string): void {
  assert.throws(() => parseClaims(refused), { name: 'KmsError', code, message })
}

function incomplete(refused: SignedRequest, message: string): void {
  refuses(refused, 'IncompleteSignatureException', message)
}

function echo(authorization: string): string {
  const hash = toBase64(sha256(utf8(authorization)))
  return `(Hashed with SHA-256 and encoded with Base64) Authorization=${hash}`
}

test('parseClaims reads every part of a signed request', () => {
  const rawHeaders = [...AMZ_DATE, 'X-Amz-Security-Token', 'token', 'authorization', COMPLETE]
  assert.deepEqual(parseClaims(request(rawHeaders)), {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    scope: { date: '20150830', region: 'us-east-1', service: 'kms', terminator: 'aws4_request' },
    signedHeaders: ['host', 'x-amz-date'],
    signature: '0a'.repeat(32),
    signedAt: Date.UTC(2015, 7, 30, 12, 36, 0),
    amzDate: '20150830T123600Z',
    securityToken: 'token',
    presigned: false,
  })
})

test('parseClaims reads the parameters in any order and with any blanks', () => {
  const expected = parseClaims(withAuthorization(COMPLETE))
  const parts = fc.shuffledSubarray([CREDENTIAL, SIGNED_HEADERS, SIGNATURE], { minLength: 3 })
  const separator = fc.constantFrom(',', ', ', ' ,  ', ',\t')
  fc.assert(
    fc.property(parts, separator, (shuffled, between) => {
      const header = `AWS4-HMAC-SHA256 ${shuffled.join(between)}`
      assert.deepEqual(parseClaims(withAuthorization(header)), expected)
    }),
  )
})

test('parseClaims passes over parameters that it does not know', () => {
  assert.equal(parseClaims(withAuthorization(`${COMPLETE}, Other=1`)).securityToken, undefined)
})

test('parseClaims takes the Date in either form when there is no X-Amz-Date', () => {
  for (const date of ['20150830T123600Z', 'Sun, 30 Aug 2015 12:36:00 GMT']) {
    const claims = parseClaims(request(['Date', date, 'Authorization', COMPLETE]))
    assert.equal(claims.amzDate, '20150830T123600Z')
    assert.equal(claims.signedAt, Date.UTC(2015, 7, 30, 12, 36, 0))
  }
})

test('parseClaims prefers the X-Amz-Date to the Date', () => {
  const rawHeaders = ['Date', 'Mon, 31 Aug 2015 12:36:00 GMT', ...AMZ_DATE, 'Authorization', COMPLETE]
  assert.equal(parseClaims(request(rawHeaders)).amzDate, '20150830T123600Z')
})

test('parseClaims refuses a request without credentials with MissingAuthenticationTokenException', () => {
  const presigned = '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00'
  for (const refused of [request(AMZ_DATE), request(AMZ_DATE, presigned), withAuthorization('')]) {
    refuses(refused, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
  }
})

test('parseClaims names every missing part and shows only a hash of the header', () => {
  const noCredential = "Authorization header requires 'Credential' parameter."
  const noSignature = "Authorization header requires 'Signature' parameter."
  const noHeaders = "Authorization header requires 'SignedHeaders' parameter."
  const noDate = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
  const cases = [
    [`${SIGNED_HEADERS},${SIGNATURE}`, noCredential],
    [`${CREDENTIAL},${SIGNED_HEADERS}`, noSignature],
    [`${CREDENTIAL},${SIGNATURE}`, noHeaders],
    [`Credential=,${SIGNED_HEADERS},Signature=`, `${noCredential} ${noSignature}`],
    ['X=1', `${noCredential} ${noSignature} ${noHeaders}`],
  ]
  for (const [parameters, sentences] of cases) {
    const header = `AWS4-HMAC-SHA256 ${parameters}`
    incomplete(withAuthorization(header), `${sentences} ${echo(header)}`)
  }
  incomplete(request(['Authorization', COMPLETE]), `${noDate} ${echo(COMPLETE)}`)
  incomplete(
    request(['Authorization', 'Bearer x']),
    `${noCredential} ${noSignature} ${noHeaders} ${noDate} ${echo('Bearer x')}`,
  )
})

test('parseClaims refuses other schemes with IncompleteSignatureException', () => {
  const schemes = [
    ...[
      'Bearer abc',
      'Basic abc',
      'AWS AKIAIOSFODNN7EXAMPLE:c2ln',
      'AWS4-HMAC-SHA256',
      'aws4-hmac-sha256 X=1',
    ],
    `Bearer ${CREDENTIAL}, ${SIGNED_HEADERS}, ${SIGNATURE}`,
  ]
  for (const header of schemes) {
    assert.throws(() => parseClaims(withAuthorization(header)), { code: 'IncompleteSignatureException' })
  }
  const asymmetric = `AWS4-ECDSA-P256-SHA256 ${CREDENTIAL}, ${SIGNED_HEADERS}, ${SIGNATURE}`
  incomplete(withAuthorization(asymmetric), "Unsupported AWS 'algorithm', only 'AWS4-HMAC-SHA256' is.")
})

test('parseClaims refuses a parameter without a value', () => {
  const header = `AWS4-HMAC-SHA256 Credential, ${SIGNED_HEADERS}`
  const hash = toBase64(sha256(utf8(header)))
  incomplete(
    withAuthorization(header),
    `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hash}'.`,
  )
})

test('parseClaims refuses a parameter that is there twice', () => {
  for (const parameter of [CREDENTIAL, SIGNED_HEADERS, SIGNATURE]) {
    const name = parameter.slice(0, parameter.indexOf('='))
    incomplete(
      withAuthorization(`${COMPLETE}, ${parameter}`),
      `Authorization header requires '${name}' parameter to be given once.`,
    )
  }
})

test('parseClaims refuses a header of authentication that is there twice', () => {
  const rawHeaders = [...AMZ_DATE, 'Date', 'x', 'X-Amz-Security-Token', 'x', 'Authorization', COMPLETE]
  for (const name of ['host', 'X-AMZ-DATE', 'date', 'x-amz-security-token', 'authorization']) {
    incomplete(request([...rawHeaders, name, 'x']), `The header '${name}' must be given once.`)
  }
})

test('parseClaims refuses credentials in both header and query', () => {
  for (const name of ['X-Amz-Algorithm', 'X-Amz-Credential', 'x-amz-signature']) {
    incomplete(
      request([...AMZ_DATE, 'Authorization', COMPLETE], `/?a=1&${name}=x`),
      'Credentials must be in the headers or in the query string, not in both.',
    )
  }
  assert.ok(parseClaims(request([...AMZ_DATE, 'Authorization', COMPLETE], '/?Action=X&X-Amz-Date=1')))
})

test('parseClaims refuses a timestamp that is none', () => {
  const message = "Date must be in ISO-8601 'basic format': YYYYMMDDTHHMMSSZ."
  incomplete(request(['X-Amz-Date', 'Sun, 30 Aug 2015 12:36:00 GMT', 'Authorization', COMPLETE]), message)
  incomplete(request(['Date', 'yesterday', 'Authorization', COMPLETE]), message)
})

test('parseClaims refuses a credential without five elements and does not repeat it', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY/20150830/us-east-1/kms/aws4_request'
  const cases = [
    ['AKIAIOSFODNN7EXAMPLE', 1],
    [secret, 7],
  ]
  for (const [credential, count] of cases) {
    incomplete(
      withAuthorization(`AWS4-HMAC-SHA256 Credential=${credential}, ${SIGNED_HEADERS}, ${SIGNATURE}`),
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got ${count}.`,
    )
  }
})

test('parseClaims takes access key ids of 16 to 128 capitals and digits', () => {
  const header = (id: string) => withAuthorization(COMPLETE.replace('AKIAIOSFODNN7EXAMPLE', id))
  for (const id of ['A'.repeat(16), '9'.repeat(128), 'AKIAZ0']) {
    const padded = id.padEnd(16, 'A')
    assert.equal(parseClaims(header(padded)).accessKeyId, padded)
  }
  const refused = [
    'A'.repeat(15),
    'A'.repeat(129),
    'akiaiosfodnn7example',
    'AKIAIOSFODNN7EXAMPL+',
    'AKIAIOSFODNN7EXAMPL@',
  ]
  for (const id of ['', ...refused, 'AKIAIOSFODNN7EXAMPLÉ', 'A'.repeat(8000)]) {
    const message = 'The security token included in the request is invalid.'
    refuses(header(id), 'UnrecognizedClientException', message)
  }
})

test('parseClaims takes a limited number of signed headers', () => {
  const header = (count: number) => COMPLETE.replace('host;x-amz-date', new Array(count).fill('a').join(';'))
  assert.equal(
    parseClaims(withAuthorization(header(SIGNED_HEADERS_MAX))).signedHeaders.length,
    SIGNED_HEADERS_MAX,
  )
  incomplete(
    withAuthorization(header(SIGNED_HEADERS_MAX + 1)),
    'SignedHeaders must have at most 100 names, got 101.',
  )
})

test('parseClaims throws nothing but KmsError, whatever the header holds', () => {
  const piece = fc.constantFrom(
    'AWS4-HMAC-SHA256 ',
    CREDENTIAL,
    SIGNED_HEADERS,
    SIGNATURE,
    ',',
    ' ',
    '=',
    '/',
    ';',
  )
  const header = fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(header, fc.string(), (authorization, date) => {
      try {
        parseClaims(request(['X-Amz-Date', date, 'Authorization', authorization]))
        parseClaims(withAuthorization(authorization))
      } catch (error) {
        assert.ok(error instanceof KmsError)
      }
    }),
  )
})
