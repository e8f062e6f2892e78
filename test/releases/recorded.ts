/** For tests: what the recorded data folders of releases have in common. */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { ROOT } from '../support/run.ts'

/** The folder with one data folder for each release that was recorded. */
export const RECORDED = join(ROOT, 'test/releases')

/** Beside each data folder: what its release answered. */
export const FACTS_FILE = 'facts.json'

/** What a release answered about the keys and principals that it made. Bytes are in base64. */
export type Facts = {
  readonly release: string
  /** Symmetric key, under an alias, rotated once. */
  readonly symmetric: { readonly KeyId: string; readonly alias: string; readonly tag: string }
  readonly context: Readonly<Record<string, string>>
  /** One plaintext under each of its key materials. */
  readonly ciphertexts: readonly string[]
  readonly plaintext: string
  /** Keys with a signature of the plaintext. */
  readonly signed: readonly {
    readonly KeyId: string
    readonly SigningAlgorithm: string
    readonly Signature: string
  }[]
  /** A key with a MAC of the plaintext. */
  readonly mac: { readonly KeyId: string; readonly MacAlgorithm: string; readonly Mac: string }
  /** A key with imported material, and what it encrypted. */
  readonly imported: { readonly KeyId: string; readonly ciphertext: string }
  readonly disabled: { readonly KeyId: string }
  readonly multiRegion: { readonly KeyId: string; readonly region: string }
  readonly grant: { readonly KeyId: string; readonly GrantId: string; readonly grantee: string }
  readonly user: { readonly UserName: string; readonly Arn: string; readonly policy: string }
}

/**
 * The key file of all recorded folders, so that none has to be kept: the root key is the hash of a sentence, and protects
 * nothing else.
 */
export function recordedKeyFile(): string {
  const key = createHash('sha256').update('the root key of recorded data folders').digest('base64')
  const check = createHash('sha256').update(key).digest('hex').slice(0, 8)
  return `holdfast-root-key:1:${key}:${check}\n`
}
