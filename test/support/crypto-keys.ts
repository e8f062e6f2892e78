/** A key pair of each spec for the tests of one file; RSA keys take too long to make one for each test. */

import {
  openPrivateKey,
  openPublicKey,
  type PrivateKey,
  type PublicKey,
} from '../../src/crypto/asymmetric-key.ts'
import { generateKeyPair } from '../../src/crypto/key-pair.ts'
import type { PrivateSpec } from '../../src/crypto/private-spec.ts'

/** A key pair, opened and as bytes. */
export type TestKey = {
  readonly privateKey: PrivateKey
  readonly publicKey: PublicKey
  readonly pkcs8: Uint8Array
  readonly spki: Uint8Array
}

const made = new Map<PrivateSpec, Promise<TestKey>>()

/** The key pair of the spec: the same one for the whole file. */
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
