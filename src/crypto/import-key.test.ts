import assert from 'node:assert/strict'
import {
  constants,
  createPrivateKey,
  generateKeyPairSync,
  generatePrimeSync,
  type KeyObject,
  publicEncrypt,
} from 'node:crypto'
import { test } from 'node:test'
import { aeskwp } from '@noble/ciphers/aes.js'
import { Integer, Sequence } from 'asn1js'
import { freshKey, testKey } from '../../test/support/crypto-keys.ts'
import { openssl, withoutOpenssl } from '../../test/support/openssl.ts'
import { KEY_SPEC_NAMES, KEY_SPECS, type KeySpec } from '../api/key-specs.ts'
import { AssertionError } from '../base/assert.ts'
import { concatBytes, toHex, utf8 } from '../base/bytes.ts'
import type { Secret } from '../base/secret.ts'
import { openPrivateKey, publicKeyOf } from './asymmetric-key.ts'
import {
  generateWrappingKeyPair,
  parseImported,
  unwrapImported,
  type WrappingAlgorithm,
  type WrappingKeySpec,
} from './import-key.ts'
import { PRIVATE_SPECS } from './private-spec.ts'
import { encryptSm2 } from './sm2.ts'

const PKCS8 = { type: 'pkcs8', format: 'der' } as const

function bytesOf(secret: Secret | undefined): string | undefined {
  return secret?.reveal((bytes) => toHex(bytes))
}

async function imported(spec: KeySpec, bytes: Uint8Array): Promise<string | undefined> {
  return bytesOf(await parseImported(spec, bytes))
}

function oaep(key: KeyObject, hash: string, text: Uint8Array): Uint8Array {
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, text)
}

/** Wraps as an importer does. */
async function wrap(
  spec: WrappingKeySpec,
  algorithm: WrappingAlgorithm,
  text: Uint8Array,
): Promise<Uint8Array> {
  const { publicKey } = await testKey(spec)
  if (algorithm === 'SM2PKE') return await encryptSm2(publicKey, text)
  const hash = algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256'
  if (!algorithm.startsWith('RSA_AES')) return oaep(publicKey.handle, hash, text)
  const aesKey = new Uint8Array(32).fill(9)
  return concatBytes(oaep(publicKey.handle, hash, aesKey), aeskwp(aesKey).encrypt(text))
}

const RSA_ALGORITHMS = [
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
] as const

const PAIRS: readonly (readonly [WrappingKeySpec, WrappingAlgorithm])[] = [
  ...(['RSA_2048', 'RSA_3072', 'RSA_4096'] as const).flatMap((spec) =>
    RSA_ALGORITHMS.map((algorithm) => [spec, algorithm] as const),
  ),
  ['SM2', 'SM2PKE'],
]

/** What comes out under a test key. */
async function unwrapped(
  spec: WrappingKeySpec,
  algorithm: WrappingAlgorithm,
  bytes: Uint8Array,
): Promise<string | undefined> {
  return bytesOf(await unwrapImported(algorithm, (await testKey(spec)).privateKey, bytes))
}

for (const [spec, algorithm] of PAIRS) {
  test(`material wrapped by ${algorithm} under ${spec} comes out, and nothing does once it is changed`, async () => {
    const sizes = algorithm.startsWith('RSA_AES') ? [1, 7, 8, 9, 32, 138, 2400] : [1, 32, 128]
    for (const size of sizes) {
      const material = new Uint8Array(size).fill(5)
      const wrapped = await wrap(spec, algorithm, material)
      assert.equal(await unwrapped(spec, algorithm, wrapped), toHex(material), `${size} bytes`)
    }
    const wrapped = await wrap(spec, algorithm, new Uint8Array(32).fill(5))
    for (const at of [3, wrapped.length - 1]) {
      const changed = Uint8Array.from(wrapped)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(await unwrapped(spec, algorithm, changed), undefined)
    }
    const cut = [wrapped.subarray(1), wrapped.subarray(0, -1), new Uint8Array(0), wrapped.subarray(0, 256)]
    for (const bytes of algorithm.startsWith('RSA_AES') ? cut : cut.slice(0, 3)) {
      assert.equal(await unwrapped(spec, algorithm, bytes), undefined)
    }
    for (const other of RSA_ALGORITHMS.filter((name) => name !== algorithm && spec !== 'SM2')) {
      assert.equal(await unwrapped(spec, other, wrapped), undefined, other)
    }
    const stranger = await freshKey(spec === 'SM2' ? 'SM2' : 'RSA_2048')
    assert.equal(await unwrapImported(algorithm, stranger.privateKey, wrapped), undefined)
  })
}

test('a wrapped AES key of another size than 32 bytes unwraps nothing', async () => {
  const { publicKey } = await testKey('RSA_2048')
  for (const size of [16, 24]) {
    const aesKey = new Uint8Array(size).fill(9)
    const wrapped = concatBytes(
      oaep(publicKey.handle, 'sha256', aesKey),
      aeskwp(aesKey).encrypt(utf8('material')),
    )
    assert.equal(await unwrapped('RSA_2048', 'RSA_AES_KEY_WRAP_SHA_256', wrapped), undefined)
  }
})

test('a key unwraps by its own algorithms alone', async () => {
  const [rsa, sm2] = [await testKey('RSA_2048'), await testKey('SM2')]
  await assert.rejects(unwrapImported('SM2PKE', rsa.privateKey, new Uint8Array(256)), AssertionError)
  await assert.rejects(
    unwrapImported('RSAES_OAEP_SHA_1', sm2.privateKey, new Uint8Array(256)),
    AssertionError,
  )
})

test('material that is read for import may be cleared at once', async () => {
  for (const spec of ['RSA_2048', 'ECC_NIST_P256', 'SM2', 'ECC_NIST_EDWARDS25519'] as const) {
    const { pkcs8 } = await testKey(spec)
    const bytes = Uint8Array.from(pkcs8)
    const parsed = parseImported(spec, bytes)
    bytes.fill(0)
    assert.equal(bytesOf(await parsed), toHex(pkcs8))
  }
})

test('an empty plaintext is no material', async () => {
  const wrapped = await wrap('RSA_2048', 'RSAES_OAEP_SHA_256', new Uint8Array(0))
  assert.equal(await unwrapped('RSA_2048', 'RSAES_OAEP_SHA_256', wrapped), undefined)
})

test('a wrapping key pair opens as a key of its spec', async () => {
  const pair = await generateWrappingKeyPair('RSA_2048')
  const opened = pair.privateKey.reveal((bytes) => openPrivateKey('RSA_2048', bytes))
  assert.deepEqual(publicKeyOf(opened), pair.publicKey)
})

const RAW_SIZES = [
  ['SYMMETRIC_DEFAULT', 32, 32],
  ['HMAC_224', 28, 128],
  ['HMAC_256', 32, 128],
  ['HMAC_384', 48, 128],
  ['HMAC_512', 64, 128],
] as const

for (const [spec, min, max] of RAW_SIZES) {
  test(`material of ${spec} has ${min} to ${max} bytes and stays as it is`, async () => {
    for (const size of [min, max]) {
      const bytes = new Uint8Array(size).fill(3)
      assert.equal(await imported(spec, bytes), toHex(bytes))
    }
    for (const size of [0, min - 1, max + 1])
      assert.equal(await imported(spec, new Uint8Array(size)), undefined)
  })
}

const IMPORTABLE = PRIVATE_SPECS.filter((spec) => KEY_SPECS[spec].importable)

for (const spec of IMPORTABLE) {
  test(`a private key of ${spec} is imported as it is generated, and as no other spec`, async () => {
    const { pkcs8 } = await testKey(spec)
    assert.equal(await imported(spec, pkcs8), toHex(pkcs8))
    for (const other of KEY_SPEC_NAMES.filter((name) => name !== spec)) {
      if (other.startsWith('HMAC') && pkcs8.length <= 128) continue
      assert.equal(await imported(other, pkcs8), undefined, other)
    }
  })

  test(`a private key of ${spec} is imported from BER of any length form, and becomes DER`, async () => {
    const { pkcs8 } = await testKey(spec)
    const head = (pkcs8[1] ?? 0) < 0x80 ? 2 : 2 + ((pkcs8[1] ?? 0) & 0x7f)
    const content = pkcs8.subarray(head)
    const indefinite = concatBytes(Uint8Array.of(0x30, 0x80), content, Uint8Array.of(0, 0))
    const long = concatBytes(
      Uint8Array.of(0x30, 0x83, 0, content.length >> 8, content.length & 0xff),
      content,
    )
    assert.equal(await imported(spec, indefinite), toHex(pkcs8))
    assert.equal(await imported(spec, long), toHex(pkcs8))
    for (const whole of [pkcs8, indefinite, long]) {
      for (const tail of [[0], [0, 0], pkcs8]) {
        assert.equal(await imported(spec, concatBytes(whole, Uint8Array.from(tail))), undefined)
      }
    }
  })

  test(`what is no private key of ${spec} is not imported`, async () => {
    const { pkcs8, spki } = await testKey(spec)
    const cut = pkcs8.subarray(0, pkcs8.length - 8)
    for (const bytes of [new Uint8Array(0), new Uint8Array(32), spki, cut, pkcs8.subarray(1)]) {
      assert.equal(await imported(spec, bytes), undefined)
    }
  })
}

test('keys of ML-DSA and ML-KEM are not imported', async () => {
  const others = PRIVATE_SPECS.filter((spec) => !KEY_SPECS[spec].importable)
  assert.equal(others.length, 6)
  for (const spec of others) assert.equal(await imported(spec, (await testKey(spec)).pkcs8), undefined)
})

/** Where the scalar and the point of a generated key are, and the order of the curve. Source: SEC 2; GM/T 0003.5. */
const CURVES = [
  ['ECC_NIST_P256', 36, 73, 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'],
  ['ECC_SECG_P256K1', 33, 70, 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'],
  ['SM2', 36, 73, 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'],
] as const

for (const [spec, scalarAt, pointAt, order] of CURVES) {
  test(`${spec}: a number out of range or a point of another number is not imported`, async () => {
    const { pkcs8 } = await testKey(spec)
    const n = BigInt(`0x${order}`)
    for (const value of [0n, n, n + 1n, 2n ** 256n - 1n]) {
      const changed = Uint8Array.from(pkcs8)
      changed.set(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'), scalarAt)
      assert.equal(await imported(spec, changed), undefined, String(value))
    }
    const mixed = Uint8Array.from(pkcs8)
    mixed.set((await freshKey(spec)).pkcs8.subarray(pointAt), pointAt)
    assert.equal(await imported(spec, mixed), undefined)
  })
}

test('the public point may be left out, compressed or hybrid', { skip: withoutOpenssl }, async () => {
  for (const spec of ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'] as const) {
    const { pkcs8 } = await testKey(spec)
    const pem = createPrivateKey({ key: Buffer.from(pkcs8), ...PKCS8 }).export({
      type: 'sec1',
      format: 'pem',
    })
    for (const form of [['-no_public'], ['-conv_form', 'compressed'], ['-conv_form', 'hybrid']]) {
      const other = openssl(['ec', '-in', 'key', ...form], { key: utf8(pem.toString()) })
      const der = openssl(['pkcs8', '-topk8', '-nocrypt', '-in', 'key', '-outform', 'DER'], { key: other })
      assert.notEqual(toHex(der), toHex(pkcs8), 'another form was made')
      assert.equal(await imported(spec, der), toHex(pkcs8), form.join(' '))
    }
  }
})

test('curve parameters by value are refused', { skip: withoutOpenssl }, async () => {
  const parameters = ['-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit']
  const pem = openssl(['genpkey', '-algorithm', 'EC', ...parameters], {})
  const der = createPrivateKey(Buffer.from(pem)).export(PKCS8)
  assert.equal(await imported('ECC_NIST_P256', der), undefined)
})

test('an encrypted private key and one that is not PKCS #8 are refused', async () => {
  const { pkcs8 } = await testKey('ECC_NIST_P256')
  const handle = createPrivateKey({ key: Buffer.from(pkcs8), ...PKCS8 })
  const encrypted = handle.export({ ...PKCS8, cipher: 'aes-256-cbc', passphrase: 'passphrase' })
  assert.equal(await imported('ECC_NIST_P256', encrypted), undefined)
  assert.equal(await imported('ECC_NIST_P256', handle.export({ type: 'sec1', format: 'der' })), undefined)
  assert.equal(
    await imported('ECC_NIST_P256', utf8(handle.export({ ...PKCS8, format: 'pem' }).toString())),
    undefined,
  )
})

test('an RSA key with three primes, for PSS alone, or with a small exponent is refused', async () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey
  assert.equal(await imported('RSA_2048', small.export(PKCS8)), undefined)
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey
  assert.equal(await imported('RSA_2048', pss.export(PKCS8)), undefined)
  if (withoutOpenssl) return
  const three = createPrivateKey(Buffer.from(openssl(['genrsa', '-primes', '3', '2048'], {})))
  assert.equal(await imported('RSA_2048', three.export(PKCS8)), undefined)
})

type Numbers = Readonly<Record<'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi', bigint>>

function numbersOf(handle: KeyObject): Numbers {
  const { n, e, d, p, q, dp, dq, qi } = handle.export({ format: 'jwk' })
  const read = (text = ''): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
  return {
    n: read(n),
    e: read(e),
    d: read(d),
    p: read(p),
    q: read(q),
    dp: read(dp),
    dq: read(dq),
    qi: read(qi),
  }
}

/** PKCS #8 of the numbers, which OpenSSL does not check. Source: RFC 8017, appendix A.1.2. */
function rsaOf({ n, e, d, p, q, dp, dq, qi }: Numbers): Uint8Array {
  const value = [0n, n, e, d, p, q, dp, dq, qi].map((number) => Integer.fromBigInt(number))
  const der = Buffer.from(new Sequence({ value }).toBER())
  return createPrivateKey({ key: der, type: 'pkcs1', format: 'der' }).export(PKCS8)
}

test('an RSA key with a number that does not belong to the others is refused', async () => {
  const { pkcs8 } = await testKey('RSA_2048')
  const numbers = numbersOf(createPrivateKey({ key: Buffer.from(pkcs8), ...PKCS8 }))
  assert.equal(await imported('RSA_2048', rsaOf(numbers)), toHex(pkcs8))
  const other = numbersOf((await freshKey('RSA_2048')).privateKey.handle)
  for (const name of ['n', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
    assert.equal(await imported('RSA_2048', rsaOf({ ...numbers, [name]: other[name] })), undefined, name)
    assert.equal(
      await imported('RSA_2048', rsaOf({ ...numbers, [name]: numbers[name] + 2n })),
      undefined,
      name,
    )
  }
  for (const e of [65539n, 65536n])
    assert.equal(await imported('RSA_2048', rsaOf({ ...numbers, e })), undefined)
})

test('an RSA key with a factor that is no prime is refused, though its numbers fit', async () => {
  const q = generatePrimeSync(1024, { bigint: true })
  for (;;) {
    const p = generatePrimeSync(512, { bigint: true }) * generatePrimeSync(512, { bigint: true })
    const numbers = consistent(p, q)
    if (numbers === undefined || numbers.n < 2n ** 2047n) continue
    assert.equal(await imported('RSA_2048', rsaOf(numbers)), undefined)
    return
  }
})

test('an RSA key with the largest exponent is imported, and one with the next is not', async () => {
  const [p, q] = [generatePrimeSync(1024, { bigint: true }), generatePrimeSync(1024, { bigint: true })]
  for (const [start, accepted] of [
    [2n ** 64n - 1n, true],
    [2n ** 64n + 1n, false],
  ] as const) {
    let e = start
    let numbers = consistent(p, q, e)
    while (numbers === undefined) {
      e += accepted ? -2n : 2n
      numbers = consistent(p, q, e)
    }
    const der = rsaOf(numbers)
    assert.equal(await imported('RSA_2048', der), accepted ? toHex(der) : undefined)
  }
})

/** The numbers of a key with these factors, as if both were primes; nothing when `e` has no inverse. */
function consistent(p: bigint, q: bigint, e = 65537n): Numbers | undefined {
  const d = inverse(e, (p - 1n) * (q - 1n))
  const qi = inverse(q, p)
  if (d === undefined || qi === undefined) return undefined
  return { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi }
}

function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [r, nextR, t, nextT] = [modulus, value % modulus, 0n, 1n]
  while (nextR !== 0n) {
    const quotient = r / nextR
    ;[r, nextR, t, nextT] = [nextR, r - quotient * nextR, nextT, t - quotient * nextT]
  }
  return r === 1n ? ((t % modulus) + modulus) % modulus : undefined
}
