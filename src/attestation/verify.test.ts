import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { encode } from 'cborg'
import fc from 'fast-check'
import {
  documentMembers,
  enclaveKey,
  makeChain,
  makeDocument,
  register,
  signPayload,
} from '../../test/support/attestation.ts'
import { cases } from '../../test/support/campaign.ts'
import { DOCUMENT_MAX_AGE_MS, DOCUMENT_MAX_AHEAD_MS, type Verdict, verifyAttestation } from './verify.ts'

const NOW = Date.now()
const chain = makeChain()
const { spki } = enclaveKey()

function roots(of = chain): readonly Uint8Array[] {
  return of.bundle.slice(0, 1).map(({ encoded }) => encoded)
}

function verify(document: Uint8Array, now = NOW): Promise<Verdict> {
  return verifyAttestation(document, roots(), now)
}

async function assertRefused(document: Uint8Array, why: RegExp | string, now = NOW): Promise<void> {
  const verdict = await verify(document, now)
  assert.equal(verdict.valid, false)
  if (typeof why === 'string') assert.equal(verdict.why, why)
  else assert.match(verdict.why, why)
}

test("a certificate of the tests is one for OpenSSL, so that a good chain is not good by the tests' own rules", () => {
  const certificates = [...chain.bundle, chain.leaf].map(({ encoded }) => new X509Certificate(encoded))
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[Math.max(index - 1, 0)]
    assert.ok(issuer && certificate.verify(issuer.publicKey) && certificate.checkIssued(issuer))
    assert.equal(certificate.ca, index < 3)
  }
})

test('verifyAttestation gives what a good document of an enclave says', async () => {
  const verdict = await verify(
    makeDocument(chain, spki, { user_data: new Uint8Array(1024), nonce: new Uint8Array(0) }),
  )
  assert.ok(verdict.valid)
  const { by, moduleId, registers, key } = verdict.attestation
  assert.equal(by, 'enclave')
  assert.equal(moduleId, 'i-0123456789abcdef0-enc0123456789abcdef')
  assert.deepEqual([...registers.keys()], [0, 1, 2, 8])
  assert.equal(registers.get(8), 'a8'.repeat(48))
  assert.deepEqual(new Uint8Array(key.handle.export({ format: 'der', type: 'spki' })), spki)
})

test('verifyAttestation gives what a good document of a NitroTPM says', async () => {
  const registers = new Map([
    [4, register(4)],
    [23, new Uint8Array(32)],
  ])
  const verdict = await verify(makeDocument(chain, spki, { pcrs: undefined, nitrotpm_pcrs: registers }))
  assert.ok(verdict.valid)
  assert.equal(verdict.attestation.by, 'nitrotpm')
  assert.equal(verdict.attestation.registers.get(4), '04'.repeat(48))
})

test('a document may carry the tag of COSE_Sign1, and no other', async () => {
  const document = makeDocument(chain, spki)
  assert.equal((await verify(Buffer.concat([Uint8Array.of(0xd2), document]))).valid, true)
  await assertRefused(Buffer.concat([Uint8Array.of(0xd1), document]), 'it has a CBOR item of type tag')
  await assertRefused(Buffer.concat([Uint8Array.of(0xd2, 0xd2), document]), 'it has a CBOR item of type tag')
})

test('a document may have members that are not known', async () => {
  assert.equal((await verify(makeDocument(chain, spki, { more: 1 }))).valid, true)
})

test('a document is good for five minutes, and its clock may be as much ahead', async () => {
  const document = makeDocument(chain, spki, { timestamp: NOW })
  assert.equal((await verify(document, NOW + DOCUMENT_MAX_AGE_MS)).valid, true)
  await assertRefused(document, 'it is older than 5 minutes', NOW + DOCUMENT_MAX_AGE_MS + 1)
  assert.equal((await verify(document, NOW - DOCUMENT_MAX_AHEAD_MS)).valid, true)
  await assertRefused(document, 'it is from the future', NOW - DOCUMENT_MAX_AHEAD_MS - 1)
})

const text = (length: number): string => 'm'.repeat(length)
const bytes = (length: number): Uint8Array => new Uint8Array(length)
const pcrs = (...entries: readonly (readonly [unknown, unknown])[]): Map<unknown, unknown> => new Map(entries)

/** Changes to a good document, and whether it is still one. */
const MEMBERS: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp | 'good'])[] = [
  ['a module_id of one character', { module_id: 'm' }, 'good'],
  ['a module_id of 256', { module_id: text(256) }, 'good'],
  ['a module_id of 257', { module_id: text(257) }, /module_id/],
  ['an empty module_id', { module_id: '' }, /module_id/],
  ['a module_id with a line break', { module_id: 'a\nb' }, /module_id/],
  ['a module_id of bytes', { module_id: bytes(3) }, /module_id/],
  ['no module_id', { module_id: undefined }, /module_id/],
  ['a null module_id', { module_id: null }, /module_id/],
  ['no digest', { digest: undefined }, /digest/],
  ['another digest', { digest: 'SHA256' }, /digest/],
  ['no timestamp', { timestamp: undefined }, /timestamp/],
  ['a timestamp of zero', { timestamp: 0 }, /timestamp/],
  ['a negative timestamp', { timestamp: -1 }, /timestamp/],
  ['a timestamp of text', { timestamp: String(NOW) }, /timestamp/],
  ['a timestamp with a fraction', { timestamp: NOW + 0.5 }, /type float/],
  ['a timestamp of 64 bits', { timestamp: 2n ** 63n }, /CBOR/],
  ['no registers', { pcrs: undefined }, /one of pcrs and nitrotpm_pcrs/],
  ['registers of both kinds', { nitrotpm_pcrs: pcrs([0, bytes(48)]) }, /one of pcrs and nitrotpm_pcrs/],
  ['registers that are empty', { pcrs: pcrs() }, /registers are not a map/],
  ['registers in a list', { pcrs: [bytes(48)] }, /registers are not a map/],
  ['register 31', { pcrs: pcrs([31, bytes(64)]) }, 'good'],
  ['register 32', { pcrs: pcrs([32, bytes(48)]) }, /not one of 0 to 31/],
  ['register -1', { pcrs: pcrs([-1, bytes(48)]) }, /not one of 0 to 31/],
  ['a register named by text', { pcrs: pcrs(['0', bytes(48)]) }, /not one of 0 to 31/],
  ['register 24 of a TPM', { pcrs: undefined, nitrotpm_pcrs: pcrs([24, bytes(48)]) }, /not one of 0 to 23/],
  ['a register of 32 bytes', { pcrs: pcrs([0, bytes(32)]) }, 'good'],
  ['a register of 47 bytes', { pcrs: pcrs([0, bytes(47)]) }, /32, 48 or 64/],
  ['a register of text', { pcrs: pcrs([0, text(48)]) }, /32, 48 or 64/],
  [
    'all 32 registers',
    { pcrs: pcrs(...Array.from({ length: 32 }, (_, i) => [i, bytes(48)] as const)) },
    'good',
  ],
  ['no certificate', { certificate: undefined }, /certificate/],
  ['an empty certificate', { certificate: bytes(0) }, /certificate/],
  ['a certificate of 1,025 bytes', { certificate: bytes(1025) }, /1 to 1024 bytes/],
  ['a certificate of 1,024 bytes that are none', { certificate: bytes(1024) }, /ASN\.1/],
  ['no cabundle', { cabundle: undefined }, /cabundle/],
  ['an empty cabundle', { cabundle: [] }, /cabundle/],
  ['a cabundle of nine', { cabundle: Array.from({ length: 9 }, () => bytes(9)) }, /1 to 8 certificates/],
  ['a cabundle with text in it', { cabundle: ['root'] }, /cabundle/],
  ['no public_key', { public_key: undefined }, /no public_key/],
  ['a null public_key', { public_key: null }, /no public_key/],
  ['an empty public_key', { public_key: bytes(0) }, /public_key is not a byte string/],
  ['a public_key of 1,025 bytes', { public_key: bytes(1025) }, /public_key is not a byte string/],
  ['user_data of 1,025 bytes', { user_data: bytes(1025) }, /user_data/],
  ['a nonce of 1,025 bytes', { nonce: bytes(1025) }, /nonce/],
  ['a nonce of text', { nonce: 'x' }, /nonce/],
  ['members beyond the limit', { more: Array.from({ length: 256 }, () => 0) }, /more than 256 CBOR items/],
]

for (const [what, changes, outcome] of MEMBERS) {
  test(`verifyAttestation ${outcome === 'good' ? 'accepts' : 'refuses'} ${what}`, async () => {
    const document = makeDocument(chain, spki, changes)
    if (outcome === 'good') assert.deepEqual((await verify(document)).valid, true)
    else await assertRefused(document, outcome)
  })
}

function publicKey(pair: {
  readonly publicKey: { export: (how: { format: 'der'; type: 'spki' }) => Buffer }
}) {
  return new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }))
}

const RSA_ONLY = 'its public_key is not an RSA key of 2,048 to 4,096 bits with exponent 65537'

test('verifyAttestation refuses a key that is not RSA, too short, too long, or with another exponent', async () => {
  const keys = [
    publicKey(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
    publicKey(generateKeyPairSync('x25519')),
    publicKey(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })),
    publicKey(generateKeyPairSync('rsa', { modulusLength: 2040 })),
    publicKey(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })),
    Buffer.concat([spki, Uint8Array.of(0)]),
    spki.subarray(0, spki.length - 1),
    new Uint8Array(
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'pkcs1' }),
    ),
  ]
  for (const key of keys) await assertRefused(makeDocument(chain, key), RSA_ONLY)
})

test('verifyAttestation accepts an RSA key of 4,096 bits', async () => {
  assert.equal((await verify(makeDocument(chain, enclaveKey(4096).spki))).valid, true)
})

test('verifyAttestation refuses a chain from another root', async () => {
  const other = makeChain()
  await assertRefused(
    makeDocument(other, spki),
    'its cabundle does not begin with a root certificate that is trusted here',
  )
})

test('verifyAttestation refuses every document while no root is trusted', async () => {
  const verdict = await verifyAttestation(makeDocument(chain, spki), [], NOW)
  assert.equal(verdict.valid, false)
})

test('verifyAttestation refuses a signature by another key', async () => {
  const payload = encode(documentMembers(chain, spki))
  const key = makeChain().leaf.key
  await assertRefused(signPayload(payload, key), 'its signature is not by the key of its certificate')
})

test('verifyAttestation refuses the certificate of another chain', async () => {
  const { leaf } = makeChain()
  const payload = encode(documentMembers(chain, spki, { certificate: leaf.encoded }))
  await assertRefused(
    signPayload(payload, leaf.key),
    'it holds a certificate with a signature that is not by the one above it',
  )
})

test('verifyAttestation refuses a structure that is not COSE_Sign1 with ES384', async () => {
  const payload = encode(documentMembers(chain, spki))
  const header = encode(new Map([[1, -35]]))
  const signature = bytes(96)
  const structures: readonly (readonly [unknown, RegExp])[] = [
    [{}, /not a COSE_Sign1/],
    ['text', /not a COSE_Sign1/],
    [[header, new Map(), payload], /not a COSE_Sign1/],
    [[header, new Map(), payload, signature, signature], /not a COSE_Sign1/],
    [[new Map([[1, -35]]), new Map(), payload, signature], /protected header is not a byte string/],
    [[bytes(0), new Map(), payload, signature], /CBOR/],
    [[encode(new Map()), new Map(), payload, signature], /not that of ES384/],
    [[encode(new Map([[1, -7]])), new Map(), payload, signature], /not that of ES384/],
    [
      [
        encode(
          new Map([
            [1, -35],
            [4, 1],
          ]),
        ),
        new Map(),
        payload,
        signature,
      ],
      /not that of ES384/,
    ],
    [[header, [], payload, signature], /unprotected header/],
    [[header, new Map([[1, -35]]), payload, signature], /unprotected header/],
    [[header, new Map(), bytes(0), signature], /payload/],
    [[header, new Map(), bytes(16_385), signature], /payload/],
    [[header, new Map(), bytes(16_384), signature], /CBOR/],
    [[header, new Map(), null, signature], /payload/],
    [[header, new Map(), encode('text'), signature], /payload is not a map/],
    [[header, new Map(), payload, bytes(95)], /96 bytes/],
    [[header, new Map(), payload, bytes(96)], /signature/],
  ]
  for (const [structure, why] of structures) await assertRefused(encode(structure), why)
})

test('verifyAttestation refuses a document in which any one bit differs', async () => {
  const document = makeDocument(chain, spki)
  // Each check costs signatures, so a part of the bits, other ones in each run.
  await fc.assert(
    fc.asyncProperty(fc.nat(document.length * 8 - 1), async (bit) => {
      const changed = Uint8Array.from(document)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal((await verify(changed)).valid, false)
    }),
    { numRuns: cases({ slice: 40, whole: 400 }) },
  )
})

test('verifyAttestation refuses a document that is cut off or goes on', async () => {
  const document = makeDocument(chain, spki)
  for (const length of [0, 1, 2, document.length - 97, document.length - 1]) {
    assert.equal((await verify(document.subarray(0, length))).valid, false)
  }
  await assertRefused(Buffer.concat([document, Uint8Array.of(0)]), /CBOR/)
})

test('verifyAttestation refuses whatever bytes it is given, and never fails', async () => {
  const prefix = makeDocument(chain, spki).subarray(0, 60)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (tail, begun) => {
      const given = begun ? Buffer.concat([prefix, tail]) : tail
      assert.equal((await verify(given)).valid, false)
    }),
    { numRuns: cases({ slice: 100, whole: 500 }) },
  )
})

test('verifyAttestation refuses certificates with any bytes in them, and never fails', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(chain.leaf.encoded.length - 1), fc.nat(255), async (at, value) => {
      const certificate = Uint8Array.from(chain.leaf.encoded)
      fc.pre(certificate[at] !== value)
      certificate[at] = value
      assert.equal((await verify(makeDocument(chain, spki, { certificate }))).valid, false)
    }),
    { numRuns: cases({ slice: 40, whole: 400 }) },
  )
})

test('verifyAttestation refuses hostile CBOR at once', async () => {
  const hostile: readonly Uint8Array[] = [
    // Arrays within arrays, as deep as the request allows.
    new Uint8Array(262_144).fill(0x81),
    // An array and a map that promise more than there is.
    Uint8Array.of(0x9b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xbb, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    // A byte string of 4 GB, one of 64 bits.
    Uint8Array.of(0x84, 0x5a, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0x84, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    // Indefinite lengths, a length that is not the shortest, a break, a name twice.
    Uint8Array.of(0x9f, 0xff),
    Uint8Array.of(0x98, 0x04, 0, 0, 0, 0),
    Uint8Array.of(0xff),
    Uint8Array.of(0xa2, 0x01, 0x01, 0x01, 0x01),
    // Tags, floats, undefined, simple values.
    Uint8Array.of(0x81, 0xc1, 0x00),
    Uint8Array.of(0xf9, 0x7e, 0x00),
    Uint8Array.of(0xf7),
    Uint8Array.of(0xf8, 0x20),
  ]
  for (const document of hostile) await assertRefused(document, /CBOR/)
  await assertRefused(new Uint8Array(262_145), 'it has more than 262144 bytes')
})
