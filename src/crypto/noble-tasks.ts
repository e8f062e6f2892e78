import type { KeyObject } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { systemRandom } from '../base/ports.ts'
import type { PrivateKey } from './asymmetric-key.ts'
import { normalizedCurve, withBytes } from './normal-form.ts'
import { agreeSm2, decryptSm2, encryptSm2, signSm2, sm2Scalar, verifySm2 } from './sm2-math.ts'

/** The curves of ECDSA. */
export type EcdsaSpec = keyof typeof CURVES
/** The parameter sets of ML-DSA. */
export type MlDsaSpec = keyof typeof ML_DSA

/**
 * Computations that Node does not offer. Private keys are passed as OpenSSL's handles, which threads share;
 * public keys as raw bytes.
 */
export type NobleTask =
  | {
      readonly name: 'ecdsa-sign'
      readonly spec: EcdsaSpec
      readonly key: KeyObject
      readonly digest: Uint8Array
    }
  | ({ readonly name: 'ecdsa-verify'; readonly spec: EcdsaSpec; readonly digest: Uint8Array } & Claim)
  | { readonly name: 'sm2-sign'; readonly key: KeyObject; readonly digest: Uint8Array }
  | ({ readonly name: 'sm2-verify'; readonly digest: Uint8Array } & Claim)
  | { readonly name: 'sm2-agree'; readonly key: KeyObject; readonly publicKey: Uint8Array }
  | { readonly name: 'sm2-encrypt'; readonly publicKey: Uint8Array; readonly plaintext: Uint8Array }
  | { readonly name: 'sm2-decrypt'; readonly key: KeyObject; readonly ciphertext: Uint8Array }
  | { readonly name: 'normalize-curve'; readonly key: PrivateKey }
  | { readonly name: 'ed25519ph-sign'; readonly key: KeyObject; readonly message: Uint8Array }
  | ({ readonly name: 'ed25519ph-verify'; readonly message: Uint8Array } & Claim)
  | { readonly name: 'mu-sign'; readonly spec: MlDsaSpec; readonly key: KeyObject; readonly mu: Uint8Array }
  | ({ readonly name: 'mu-verify'; readonly spec: MlDsaSpec; readonly mu: Uint8Array } & Claim)

type Claim = { readonly publicKey: Uint8Array; readonly signature: Uint8Array }

const CURVES = { ECC_NIST_P256: p256, ECC_NIST_P384: p384, ECC_NIST_P521: p521, ECC_SECG_P256K1: secp256k1 }
const ML_DSA = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 }

/** Runs a task synchronously; returns nothing for a failed decryption or an invalid key. */
export function runNoble(task: NobleTask): Uint8Array | boolean | undefined {
  switch (task.name) {
    case 'ecdsa-sign':
      return signEcdsa(task.spec, task.key, task.digest)
    case 'ecdsa-verify':
      return verifyEcdsa(task.spec, task.digest, task)
    case 'sm2-sign':
      return signSm2(sm2Scalar(task.key), task.digest)
    case 'sm2-verify':
      return verifySm2(task.publicKey, task.digest, task.signature)
    case 'sm2-agree':
      return agreeSm2(sm2Scalar(task.key), task.publicKey)
    case 'sm2-encrypt':
      return encryptSm2(task.publicKey, task.plaintext)
    case 'sm2-decrypt':
      return decryptSm2(sm2Scalar(task.key), task.ciphertext)
    case 'normalize-curve':
      return normalizedCurve(task.key)
    case 'ed25519ph-sign':
      return withBytes(task.key.export({ format: 'raw-private' }), (key) => ed25519ph.sign(task.message, key))
    case 'ed25519ph-verify':
      return verifyEd25519ph(task.message, task)
    case 'mu-sign':
      return signMu(task.spec, task.key, task.mu)
    case 'mu-verify':
      return verifyMu(task.spec, task.mu, task)
  }
}

/** The nonce depends on the key, the digest and fresh random bytes. Source: RFC 6979, section 3.6. */
const ECDSA = { prehash: false, lowS: false } as const

function signEcdsa(spec: EcdsaSpec, handle: KeyObject, digest: Uint8Array): Uint8Array {
  const curve = CURVES[spec]
  const options = {
    ...ECDSA,
    extraEntropy: systemRandom.bytes(curve.lengths.secretKey ?? 0),
    format: 'der',
  } as const
  return withBytes(handle.export({ format: 'raw-private' }), (key) => curve.sign(digest, key, options))
}

function verifyEcdsa(spec: EcdsaSpec, digest: Uint8Array, { publicKey, signature }: Claim): boolean {
  const curve = CURVES[spec]
  const compact = attempt(() => curve.Signature.fromBytes(signature, 'der').toBytes('compact'))
  return compact !== undefined && curve.verify(compact, digest, publicKey, { ...ECDSA, format: 'compact' })
}

const ED25519_SIGNATURE_BYTES = 64

function verifyEd25519ph(message: Uint8Array, { publicKey, signature }: Claim): boolean {
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false
  return ed25519ph.verify(signature, message, publicKey, { zip215: false })
}

function signMu(spec: MlDsaSpec, handle: KeyObject, mu: Uint8Array): Uint8Array {
  const { keygen, internal } = ML_DSA[spec]
  return withBytes(handle.export({ format: 'raw-seed' }), (seed) =>
    withBytes(keygen(seed).secretKey, (key) =>
      internal.sign(mu, key, { externalMu: true, extraEntropy: systemRandom.bytes(HEDGE_BYTES) }),
    ),
  )
}

/** The random bytes of hedged signing. Source: FIPS 204, algorithm 2. */
const HEDGE_BYTES = 32

function verifyMu(spec: MlDsaSpec, mu: Uint8Array, { publicKey, signature }: Claim): boolean {
  const { internal, lengths } = ML_DSA[spec]
  if (signature.length !== lengths.signature) return false
  return internal.verify(signature, mu, publicKey, { externalMu: true })
}

/** The result of `parse`, or nothing when it throws, as the libraries do for malformed input. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}
