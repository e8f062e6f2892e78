/** For tests: a token in memory, which fails as a test says. */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { TokenFailure, type TokenReason } from '../../src/pkcs11/failure.ts'
import type { Tokens } from '../../src/pkcs11/tokens.ts'

export const FAKE_PIN = 'the-pin-of-it'
export const FAKE_CLUSTER = 'cluster-abcdefghijk'

export type FakeTokens = {
  readonly tokens: Tokens
  /** The keys of the token, by label. */
  readonly keys: Map<string, Uint8Array>
  /** Makes every call fail, or none. */
  readonly fail: (reason: TokenReason | undefined) => void
}

/** One token, which is a cluster of an account. */
export function fakeTokens(account: string): FakeTokens {
  const keys = new Map<string, Uint8Array>()
  const state: { reason: TokenReason | undefined } = { reason: undefined }
  const working = (): void => {
    if (state.reason !== undefined) throw new TokenFailure(state.reason, 'the token fails')
  }
  const keyOf = (label: string): Uint8Array => {
    working()
    const key = keys.get(label)
    if (key === undefined) throw new TokenFailure('KeyMissing', `no ${label}`)
    return key
  }
  const operations = {
    facts: async () => {
      working()
      return { serial: '1', model: 'fake', manufacturer: 'test' }
    },
    login: async (password?: string) => {
      working()
      if (password !== undefined && password !== FAKE_PIN) throw new TokenFailure('PasswordWrong', 'wrong')
    },
    generate: async (label: string) => {
      working()
      if (!keys.has(label)) keys.set(label, randomBytes(32))
    },
    encrypt: async (label: string, { iv, aad, plaintext }: EncryptInput) => {
      const cipher = createCipheriv('aes-256-gcm', keyOf(label), iv).setAAD(aad)
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
      return { iv, ciphertext, tag: cipher.getAuthTag() }
    },
    decrypt: async (label: string, { iv, aad, ciphertext, tag }: DecryptInput) => {
      const decipher = createDecipheriv('aes-256-gcm', keyOf(label), iv).setAAD(aad).setAuthTag(tag)
      try {
        return Buffer.concat([decipher.update(ciphertext), decipher.final()])
      } catch (cause) {
        throw new TokenFailure('CiphertextInvalid', 'tag', { cause })
      }
    },
    destroy: async (label: string) => {
      working()
      keys.delete(label)
    },
    has: async (label: string) => {
      working()
      return keys.has(label)
    },
    random: async (sizeBytes: number) => {
      working()
      return randomBytes(sizeBytes)
    },
  }
  const cluster = { id: FAKE_CLUSTER, account, trustAnchor: undefined }
  return {
    keys,
    fail: (reason) => {
      state.reason = reason
    },
    tokens: {
      ofCluster: (caller, id) =>
        caller === account && id === FAKE_CLUSTER ? { keys: operations, cluster } : undefined,
      named: () => operations,
      [Symbol.dispose]: () => {},
    },
  }
}

type EncryptInput = { readonly iv: Uint8Array; readonly aad: Uint8Array; readonly plaintext: Uint8Array }
type DecryptInput = Omit<EncryptInput, 'plaintext'> & {
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}
