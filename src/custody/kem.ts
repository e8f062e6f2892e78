import type { KeySpec } from '../api/key-specs.ts'
import { KEM_CIPHERTEXT_BYTES } from '../crypto/kem.ts'

/** The length of a KEM ciphertext for a key of a spec, in bytes; nothing for others. Source: FIPS 203, table 3. */
export function kemCiphertextBytes(spec: KeySpec): number | undefined {
  const sizes: { readonly [S in KeySpec]?: number } = KEM_CIPHERTEXT_BYTES
  return sizes[spec]
}
