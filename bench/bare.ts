import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** One call of `node:crypto` without a server: the baseline of an operation. */
export type BareCall = () => void

/** The duration of one CPU measurement, long enough for the clock's resolution when a call is fast. */
const MEASURE_MS = 300
const CALLS_BETWEEN_LOOKS = 4

/** The `node:crypto` hash of a spec's first algorithm. Specs that hash internally have none. */
const HASHES: { readonly [spec: string]: string | undefined } = {
  RSA_2048: 'sha256',
  RSA_3072: 'sha256',
  RSA_4096: 'sha256',
  ECC_NIST_P256: 'sha256',
  ECC_NIST_P384: 'sha384',
  ECC_NIST_P521: 'sha512',
  ECC_SECG_P256K1: 'sha256',
}

const CURVES: { readonly [spec: string]: string } = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  ECC_NIST_P521: 'P-521',
  ECC_SECG_P256K1: 'secp256k1',
}

/** Returns a call that signs the message with one key of a spec, or `undefined` if `node:crypto` lacks such keys. */
export function bareSign(spec: string, message: Uint8Array): BareCall | undefined {
  const key = generate(spec)?.privateKey
  if (key === undefined) return undefined
  const hash = HASHES[spec] ?? null
  return () => void sign(hash, message, key)
}

/** Returns a call that generates and encodes a key pair of a spec, or `undefined` if `node:crypto` cannot. */
export function bareKeyPair(spec: string): BareCall | undefined {
  if (generate(spec) === undefined) return undefined
  return () => {
    const pair = generate(spec)
    pair?.privateKey.export({ format: 'der', type: 'pkcs8' })
    pair?.publicKey.export({ format: 'der', type: 'spki' })
  }
}

/** Returns a call that computes a MAC with a hash. */
export function bareMac(hash: string, message: Uint8Array): BareCall {
  const key = randomBytes(64)
  return () => void createHmac(hash, key).update(message).digest()
}

/** The CPU time of one call on one thread, in microseconds. */
export function measureBareUs(call: BareCall): number {
  call()
  const before = process.cpuUsage()
  const until = performance.now() + MEASURE_MS
  let calls = 0
  while (performance.now() < until) {
    for (let index = 0; index < CALLS_BETWEEN_LOOKS; index += 1) call()
    calls += CALLS_BETWEEN_LOOKS
  }
  const used = process.cpuUsage(before)
  return (used.user + used.system) / calls
}

type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }

function generate(spec: string): KeyPair | undefined {
  const curve = CURVES[spec]
  if (curve !== undefined) return generateKeyPairSync('ec', { namedCurve: curve })
  if (spec.startsWith('RSA_')) return generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(4)) })
  switch (spec) {
    case 'ECC_NIST_EDWARDS25519':
      return generateKeyPairSync('ed25519')
    case 'ML_DSA_44':
      return generateKeyPairSync('ml-dsa-44')
    case 'ML_DSA_65':
      return generateKeyPairSync('ml-dsa-65')
    case 'ML_DSA_87':
      return generateKeyPairSync('ml-dsa-87')
    case 'ML_KEM_512':
      return generateKeyPairSync('ml-kem-512')
    case 'ML_KEM_768':
      return generateKeyPairSync('ml-kem-768')
    case 'ML_KEM_1024':
      return generateKeyPairSync('ml-kem-1024')
    default:
      return undefined
  }
}
