import type { PrivateKey, PublicKey } from './asymmetric-key.ts'
export async function encryptSm2(_k: PublicKey, _p: Uint8Array): Promise<Uint8Array> { throw new Error('x') }
export async function decryptSm2(_k: PrivateKey, _p: Uint8Array): Promise<Uint8Array|undefined> { throw new Error('x') }
