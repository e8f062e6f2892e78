/** A wrapping algorithm that the console offers. */
export type WrappingAlgorithm = 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256'

/** The names of the files that the commands read and write. */
export const FILES = {
  wrappingKey: 'WrappingPublicKey.der',
  token: 'ImportToken.bin',
  material: 'KeyMaterial.bin',
  wrapped: 'EncryptedKeyMaterial.bin',
} as const

/** Key specs whose key material fits into one RSA-OAEP ciphertext. */
const SMALL = /^(?:SYMMETRIC_DEFAULT|HMAC_|ECC_)/

/** Returns the wrapping algorithms for the key material of a key spec; the first is the default. */
export function wrappingAlgorithms(spec: string): readonly WrappingAlgorithm[] {
  return SMALL.test(spec) ? ['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'] : ['RSA_AES_KEY_WRAP_SHA_256']
}

/** Sizes in bytes of key material that is random. */
const RANDOM_BYTES: Readonly<Record<string, number>> = {
  SYMMETRIC_DEFAULT: 32,
  HMAC_224: 28,
  HMAC_256: 32,
  HMAC_384: 48,
  HMAC_512: 64,
}

/** Returns the commands of OpenSSL 3 that wrap key material. Source: KMS Developer Guide, "Encrypt the key material". */
export function importCommands(spec: string, algorithm: WrappingAlgorithm): string {
  const size = RANDOM_BYTES[spec]
  const example = size === undefined ? [] : [`openssl rand -out ${FILES.material} ${size}`]
  return [
    ...example,
    ...(algorithm === 'RSAES_OAEP_SHA_256' ? oaep(FILES.material, FILES.wrapped) : keyWrap()),
  ].join('\n')
}

/** AES Key Wrap with Padding under a fresh AES key, which RSA-OAEP encrypts. Source: RFC 5649. */
function keyWrap(): readonly string[] {
  return [
    'openssl rand -out AesKey.bin 32',
    'openssl enc -id-aes256-wrap-pad -e -iv A65959A6 -K "$(od -An -v -tx1 AesKey.bin | tr -d \' \\n\')" \\',
    `  -in ${FILES.material} -out WrappedMaterial.bin`,
    ...oaep('AesKey.bin', 'WrappedAesKey.bin'),
    `cat WrappedAesKey.bin WrappedMaterial.bin > ${FILES.wrapped}`,
    'rm AesKey.bin WrappedAesKey.bin WrappedMaterial.bin',
  ]
}

function oaep(from: string, to: string): readonly string[] {
  return [
    `openssl pkeyutl -encrypt -pubin -keyform DER -inkey ${FILES.wrappingKey} \\`,
    '  -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 \\',
    `  -in ${from} -out ${to}`,
  ]
}
