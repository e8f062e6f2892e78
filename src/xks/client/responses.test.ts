import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toBase64, utf8 } from '../../base/bytes.ts'
import { integrityValue } from '../protocol/integrity.ts'
import { XKS_ERRORS } from '../protocol/protocol.ts'
import { XksFailure } from './failure.ts'
import {
  parseDecryption,
  parseEncryption,
  parseHealth,
  parseKeyMetadata,
  type XksAnswer,
} from './responses.ts'

function answer(body: unknown, status = 200): XksAnswer {
  return { status, body: utf8(typeof body === 'string' ? body : JSON.stringify(body)) }
}

function reasonOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof XksFailure, String(error))
    return error.reason
  }
  throw new Error('it was accepted')
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64')

test('integrityValue gives the published value of the published example', () => {
  // Source: AWS KMS External Key Store Proxy API Specification, "Encrypt Key".
  const value = integrityValue(utf8('project=nile,department=marketing'), {
    metadata: utf8('key_version=1'),
    iv: bytes('HMrlRw85cAJUd5Ax'),
    ciphertext: bytes('ghxkK1txeDNn3q8Y'),
    tag: bytes('vBxN2ncH1oEkR8WVXpmyYQ=='),
  })
  assert.equal(toBase64(value), 'qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=')
})

const AAD = utf8('context')
type Sizes = { iv?: number; tag?: number; ciphertext?: number; metadata?: number }

function encryption(sizes: Sizes = {}, change: object = {}): XksAnswer {
  const sealed = {
    ciphertext: new Uint8Array(sizes.ciphertext ?? 5).fill(1),
    iv: new Uint8Array(sizes.iv ?? 12).fill(2),
    tag: new Uint8Array(sizes.tag ?? 16).fill(3),
    metadata: new Uint8Array(sizes.metadata ?? 0).fill(4),
  }
  return answer({
    ciphertext: toBase64(sealed.ciphertext),
    initializationVector: toBase64(sealed.iv),
    authenticationTag: toBase64(sealed.tag),
    ...(sizes.metadata === undefined ? {} : { ciphertextMetadata: toBase64(sealed.metadata) }),
    ciphertextDataIntegrityValue: toBase64(integrityValue(AAD, sealed)),
    ...change,
  })
}

const ASKED = { plaintextBytes: 5, aad: AAD }

test('parseEncryption takes every legal size and passes over members that it does not know', () => {
  for (const sizes of [{}, { iv: 16 }, { metadata: 0 }, { metadata: 20 }]) {
    const sealed = parseEncryption(encryption(sizes, { later: 1 }), ASKED)
    assert.equal(sealed.metadata.length, 'metadata' in sizes ? sizes.metadata : 0)
    assert.equal(sealed.ciphertext.length, 5)
  }
})

test('parseEncryption refuses wrong lengths, a wrong integrity value and what is missing', () => {
  const wrong: readonly XksAnswer[] = [
    encryption({ iv: 11 }),
    encryption({ iv: 13 }),
    encryption({ tag: 15 }),
    encryption({ tag: 17 }),
    encryption({ ciphertext: 4 }),
    encryption({ ciphertext: 6 }),
    encryption({ metadata: 21 }),
    encryption({}, { ciphertextDataIntegrityValue: toBase64(new Uint8Array(32)) }),
    encryption({}, { ciphertextDataIntegrityValue: undefined }),
    encryption({}, { ciphertext: undefined }),
    encryption({}, { ciphertext: 7 }),
    encryption({}, { ciphertext: 'AQEBAQ' }),
    encryption({}, { initializationVector: null }),
  ]
  for (const [index, one] of wrong.entries()) {
    assert.equal(
      reasonOf(() => parseEncryption(one, ASKED)),
      'MalformedResponse',
      `number ${index}`,
    )
  }
})

test('parseEncryption refuses a ciphertext of which any bit was changed on its way', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 * 8 - 1 }), (bit) => {
      const ciphertext = new Uint8Array(5).fill(1)
      ciphertext[bit >> 3] = (ciphertext[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const changed = encryption({}, { ciphertext: toBase64(ciphertext) })
      assert.equal(
        reasonOf(() => parseEncryption(changed, ASKED)),
        'MalformedResponse',
      )
    }),
  )
})

test('parseDecryption takes a plaintext of the length of its ciphertext and no other', () => {
  assert.equal(parseDecryption(answer({ plaintext: 'AAAA' }), 3).length, 3)
  assert.equal(
    reasonOf(() => parseDecryption(answer({ plaintext: 'AAAA' }), 4)),
    'MalformedResponse',
  )
  assert.equal(
    reasonOf(() => parseDecryption(answer({}), 3)),
    'MalformedResponse',
  )
  const long = toBase64(new Uint8Array(4301))
  assert.equal(
    reasonOf(() => parseDecryption(answer({ plaintext: long }), 4301)),
    'MalformedResponse',
  )
})

test('an error with its own status is believed, and with any other it is not', () => {
  for (const [name, status] of Object.entries(XKS_ERRORS)) {
    assert.equal(
      reasonOf(() => parseDecryption(answer({ errorName: name }, status), 3)),
      name,
    )
    assert.equal(
      reasonOf(() => parseDecryption(answer({ errorName: name }, status + 1), 3)),
      'MalformedResponse',
    )
  }
  for (const name of ['NoSuchException', 'toString', '__proto__']) {
    assert.equal(
      reasonOf(() => parseDecryption(answer({ errorName: name }, 400), 3)),
      'MalformedResponse',
    )
  }
})

test("a proxy's message comes into the log without control characters and no longer than allowed", () => {
  const body = { errorName: 'InternalException', errorMessage: `a\n\u001b[31m${'x'.repeat(1000)}` }
  assert.throws(
    () => parseDecryption(answer(body, 500), 3),
    (error: Error) => !/[^\x20-\x7e]/.test(error.message) && error.message.length < 600,
  )
})

test('what is not a JSON object in UTF-8 is malformed, and never another error', () => {
  const texts = ['', '{', 'null', '[]', '7', '"text"', '<html></html>']
  for (const status of [200, 302, 400, 500]) {
    for (const text of texts) {
      assert.equal(
        reasonOf(() => parseHealth(answer(text, status))),
        'MalformedResponse',
        text,
      )
    }
    const body = Uint8Array.of(0xff, 0xfe)
    assert.equal(
      reasonOf(() => parseHealth({ status, body })),
      'MalformedResponse',
    )
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const parsers = [parseHealth, parseKeyMetadata, (one: XksAnswer) => parseEncryption(one, ASKED)]
      for (const parse of parsers)
        assert.equal(
          reasonOf(() => parse(answer(value))),
          'MalformedResponse',
        )
    }),
  )
})

const HEALTH = {
  xksProxyFleetSize: 1,
  xksProxyVendor: 'v',
  xksProxyModel: 'm',
  ekmVendor: 'e',
  ekmFleetDetails: [{ id: '1', model: 'm', healthStatus: 'ACTIVE' }],
}

function managers(...states: readonly string[]): object {
  return { ...HEALTH, ekmFleetDetails: states.map((healthStatus) => ({ id: '1', model: 'm', healthStatus })) }
}

test('parseHealth calls a proxy available while one of its key managers is not unavailable', () => {
  assert.equal(parseHealth(answer(HEALTH)).available, true)
  assert.equal(parseHealth(answer(managers('UNAVAILABLE', 'DEGRADED'))).available, true)
  assert.equal(parseHealth(answer(managers('UNAVAILABLE', 'UNAVAILABLE'))).available, false)
  assert.equal(parseHealth(answer(managers(...new Array(10).fill('ACTIVE')))).available, true)
})

test('parseHealth refuses fleets of no size, too many key managers, unknown states and missing names', () => {
  const wrong: readonly object[] = [
    { ...HEALTH, xksProxyFleetSize: 0 },
    { ...HEALTH, xksProxyFleetSize: 1.5 },
    { ...HEALTH, xksProxyFleetSize: '1' },
    { ...HEALTH, ekmVendor: undefined },
    managers(),
    managers(...new Array(11).fill('ACTIVE')),
    managers('FINE'),
    { ...HEALTH, ekmFleetDetails: [{ id: '1', healthStatus: 'ACTIVE' }] },
    { ...HEALTH, ekmFleetDetails: [null] },
  ]
  for (const [index, body] of wrong.entries()) {
    assert.equal(
      reasonOf(() => parseHealth(answer(body))),
      'MalformedResponse',
      `number ${index}`,
    )
  }
})

test('parseKeyMetadata gives spec, usages and status, and refuses what is none of that', () => {
  const key = { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'DISABLED' }
  assert.deepEqual(parseKeyMetadata(answer(key)), {
    spec: 'AES_256',
    usages: ['ENCRYPT', 'DECRYPT'],
    status: 'DISABLED',
  })
  assert.equal(parseKeyMetadata(answer({ ...key, keyUsage: new Array(10).fill('a') })).usages.length, 10)
  const wrong: readonly object[] = [
    { ...key, keyStatus: 'enabled' },
    { ...key, keySpec: 256 },
    { ...key, keyUsage: 'ENCRYPT' },
    { ...key, keyUsage: [1] },
    { ...key, keyUsage: new Array(11).fill('a') },
  ]
  for (const [index, body] of wrong.entries()) {
    assert.equal(
      reasonOf(() => parseKeyMetadata(answer(body))),
      'MalformedResponse',
      `number ${index}`,
    )
  }
})

test('the error for an answer that is not JSON repeats nothing of it, nor does its cause', () => {
  assert.throws(
    () => parseDecryption(answer('k9-TOPSECRETVALUE'), 3),
    (error) => error instanceof XksFailure && !/k9|TOPSECRET/.test(`${error.message} ${error.cause}`),
  )
})
