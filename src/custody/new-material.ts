import { KEY_SPECS, type KeySpec } from '../api/key-specs.ts'
import type { Random } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { generateKeyPair, type PairSpec } from '../crypto/key-pair.ts'
import { MAC_BYTES } from '../crypto/mac.ts'

/** Size of the material of a symmetric encryption key. */
const SYMMETRIC_MATERIAL_BYTES = 32

/** Fresh material, and the public key of an asymmetric one as DER. */
export type FreshMaterial = { readonly material: Secret; readonly publicKey?: Uint8Array }

/** Fresh material of a spec. Key pairs are made on the thread pool. */
export async function freshMaterial(spec: KeySpec, random: Random): Promise<FreshMaterial> {
  switch (KEY_SPECS[spec].form) {
    case 'symmetric':
      return { material: new Secret(random.bytes(SYMMETRIC_MATERIAL_BYTES)) }
    case 'hmac':
      return { material: new Secret(random.bytes(hmacBytes(spec))) }
    case 'private': {
      const { publicKey, privateKey } = await generateKeyPair(spec as PairSpec)
      return { material: privateKey, publicKey }
    }
  }
}

/** A new HMAC key is as long as its MACs. Source: NIST SP 800-107r1, section 5.3.4. */
function hmacBytes(spec: KeySpec): number {
  const algorithm = KEY_SPECS[spec].usages.GENERATE_VERIFY_MAC?.[0]
  return MAC_BYTES[algorithm as keyof typeof MAC_BYTES]
}
