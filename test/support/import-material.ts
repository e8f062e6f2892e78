/** For tests: the steps of a key's owner before ImportKeyMaterial. */

import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import type { Output } from '../../src/api/json.ts'
import { succeed } from './calls.ts'
import { REGION } from './kms.ts'
import type { TestServer } from './server.ts'

/** The key that receives the material. */
export type ImportPlace = { readonly keyId: string; readonly region?: string }

/** Gets an import token and wraps key material for it, with one of the two RSA methods. */
export async function wrapKeyMaterial(
  server: TestServer,
  { keyId, region = REGION }: ImportPlace,
  material: Uint8Array,
  twoSteps = false,
): Promise<Output> {
  const input = {
    KeyId: keyId,
    WrappingAlgorithm: twoSteps ? 'RSA_AES_KEY_WRAP_SHA_256' : 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  }
  const { PublicKey, ImportToken } = await succeed(server, 'GetParametersForImport', input, { region })
  const key = createPublicKey({ key: Buffer.from(String(PublicKey), 'base64'), type: 'spki', format: 'der' })
  const seal = (bytes: Uint8Array) =>
    publicEncrypt({ key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }, bytes)
  return {
    ImportToken: String(ImportToken),
    EncryptedKeyMaterial: (twoSteps ? wrapInTwoSteps(material, seal) : seal(material)).toString('base64'),
  }
}

/**
 * Wraps the material by RFC 5649 under a new AES key, and encrypts that key with RSA. The encrypted key comes first.
 */
function wrapInTwoSteps(material: Uint8Array, seal: (bytes: Uint8Array) => Buffer): Buffer {
  const aes = randomBytes(32)
  const cipher = createCipheriv('id-aes256-wrap-pad', aes, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([seal(aes), cipher.update(material), cipher.final()])
}
