/** For tests: what the owner of a key's material does before ImportKeyMaterial. */

import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import type { Output } from '../../src/api/json.ts'
import { succeed } from './calls.ts'
import { REGION } from './kms.ts'
import type { TestServer } from './server.ts'

/** The key that material is for. */
export type ImportPlace = { readonly keyId: string; readonly region?: string }

/** A token and the material wrapped for it, in one of the two manners of RSA. */
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

/** RFC 5649 under a fresh AES key, which is sealed: the sealed key first. */
function wrapInTwoSteps(material: Uint8Array, seal: (bytes: Uint8Array) => Buffer): Buffer {
  const aes = randomBytes(32)
  const cipher = createCipheriv('id-aes256-wrap-pad', aes, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([seal(aes), cipher.update(material), cipher.final()])
}
