/** For tests: one key pair per spec, shared by the tests of a file, because RSA key generation is slow. */

import {
  openPrivateKey,
  openPublicKey,
  type PrivateKey,
  type PublicKey,
} from '../../src/crypto/asymmetric-key.ts'
import { generateKeyPair } from '../../src/crypto/key-pair.ts'
import type { PrivateSpec } from '../../src/crypto/private-spec.ts'

/** A key pair, as key objects and as bytes. */
export type TestKey = {
  readonly privateKey: PrivateKey
  readonly publicKey: PublicKey
  readonly pkcs8: Uint8Array
  readonly spki: Uint8Array
}

const made = new Map<PrivateSpec, Promise<TestKey>>()

/** The key pair of a spec. A file always gets the same one. */
export function testKey(spec: PrivateSpec): Promise<TestKey> {
  const known = made.get(spec) ?? freshKey(spec)
  made.set(spec, known)
  return known
}

/** A new key pair of the spec. */
export async function freshKey(spec: PrivateSpec): Promise<TestKey> {
  const pair = await generateKeyPair(spec)
  const pkcs8 = pair.privateKey.reveal((bytes) => Uint8Array.from(bytes))
  return {
    privateKey: openPrivateKey(spec, pkcs8),
    publicKey: openPublicKey(spec, pair.publicKey),
    pkcs8,
    spki: pair.publicKey,
  }
}
