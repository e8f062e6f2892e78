import { Secret } from '../base/secret.ts'
import { generateKeyPair, privateDecrypt } from 'node:crypto'
import type { KeySpec } from '../api/key-specs.ts'
export const WRAPPING_ALGORITHMS = ['RSAES_PKCS1_V1_5','RSAES_OAEP_SHA_1','RSAES_OAEP_SHA_256','RSA_AES_KEY_WRAP_SHA_1','RSA_AES_KEY_WRAP_SHA_256','SM2PKE'] as const
export const WRAPPING_KEY_SPECS = ['RSA_2048','RSA_3072','RSA_4096','SM2'] as const
export type WrappingAlgorithm = typeof WRAPPING_ALGORITHMS[number]
export type WrappingKeySpec = typeof WRAPPING_KEY_SPECS[number]
export function createWrappingKeyPair(_s: WrappingKeySpec): Promise<{publicKey: Uint8Array, privateKey: Secret}> {
  return new Promise((r, j) => generateKeyPair('rsa', {modulusLength: 2048, publicKeyEncoding:{type:'spki',format:'der'}, privateKeyEncoding:{type:'pkcs8',format:'der'}} as any, (e: any, pub: any, priv: any) => e ? j(e) : r({publicKey: pub, privateKey: new Secret(priv)})))
}
export async function unwrapImported(_t: {algorithm: WrappingAlgorithm}, k: Secret, e: Uint8Array): Promise<Secret|undefined> { return k.reveal((b)=> { try { return new Secret(privateDecrypt({key: Buffer.from(b), format:'der', type:'pkcs8', oaepHash:'sha256'}, e)) } catch { return undefined } }) }
export function parseImported(_s: KeySpec, b: Uint8Array): Secret|undefined { return new Secret(Uint8Array.from(b)) }
