import type { KeySpec } from '../api/key-specs.ts'
import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { generateKeyPair } from '../crypto/key-pair.ts'
import { MAC_BYTES } from '../crypto/mac.ts'
import { isPrivateSpec } from '../crypto/private-spec.ts'

/** Size of the key material of a symmetric encryption key. */
const SYMMETRIC_MATERIAL_BYTES = 32

/** New key material, and the public key of an asymmetric one as DER. */
export type GeneratedKeyMaterial = { readonly material: Secret; readonly publicKey?: Uint8Array }

/** New key material of a spec. Key pairs are made on the thread pool. */
export async function generateKeyMaterial(spec: KeySpec, random: Random): Promise<GeneratedKeyMaterial> {
  if (isPrivateSpec(spec)) {
    const { publicKey, privateKey } = await generateKeyPair(spec)
    return { material: privateKey, publicKey }
  }
  const size = spec === 'SYMMETRIC_DEFAULT' ? SYMMETRIC_MATERIAL_BYTES : HMAC_BYTES[spec]
  return { material: new Secret(random.bytes(size)) }
}

/** A new HMAC key is as long as its MACs. Source: NIST SP 800-107r1, section 5.3.4. */
const HMAC_BYTES = {
  HMAC_224: MAC_BYTES.HMAC_SHA_224,
  HMAC_256: MAC_BYTES.HMAC_SHA_256,
  HMAC_384: MAC_BYTES.HMAC_SHA_384,
  HMAC_512: MAC_BYTES.HMAC_SHA_512,
}
