import { assert } from '../base/assert.ts'
import { concatBytes } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { DERIVED_KEY_BYTES, deriveKey } from '../crypto/kdf.ts'

/**
 * The keys that derive from the first root key of a deployment and that its rotation keeps, by the info of their
 * derivation: see docs/reference/formats/key-hierarchy.md.
 */
export const LASTING_KEYS = [
  'holdfast/record/1/blind',
  'holdfast/audit/1/chain',
  'holdfast/audit/1/checkpoint',
  'holdfast/s3-entry/1/seal',
  'holdfast/s3-data-key/1/seal',
  'holdfast/s3-customer-key/1/check',
] as const

/** The info of a key that rotation keeps. */
export type LastingKey = (typeof LASTING_KEYS)[number]

/** The keys of tokens, which open them for some time after a rotation, by the info of their derivation. */
export const TOKEN_KEYS = [
  'holdfast/session-token/1/seal',
  'holdfast/console-sign-in/1/seal',
  'holdfast/grant-token/1/seal',
] as const

/** The info of a key of tokens. */
export type TokenKey = (typeof TOKEN_KEYS)[number]

/** The keys of tokens that were sealed before a rotation, in the order of {@link TOKEN_KEYS}. */
export type RetiredTokenKeys = { readonly until: EpochMs; readonly keys: readonly Secret[] }

/** The root keys of a deployment and what outlives them. The owner disposes of them. */
export type RootKeys = {
  /** One, or two during a rotation: all of them open, the first one seals. */
  readonly roots: readonly Secret[]
  /** In the order of {@link LASTING_KEYS}; nothing before the first rotation, when they derive from the only root. */
  readonly lasting: readonly Secret[] | undefined
  readonly retired: readonly RetiredTokenKeys[]
}

/** The root keys of a deployment that has never rotated its root key. */
export function firstRootKeys(root: Secret): RootKeys {
  return { roots: [copyOf(root)], lasting: undefined, retired: [] }
}

/** The keys that a rotation keeps: a copy, which the caller disposes of. */
export function lastingKeysOf({ roots, lasting }: RootKeys): readonly Secret[] {
  if (lasting !== undefined) return lasting.map(copyOf)
  const [root] = roots
  assert(root !== undefined, 'there is a root key')
  return LASTING_KEYS.map((info) => deriveKey(root, info))
}

/** The keys of the tokens that a root key has sealed. */
export function tokenKeysOf(root: Secret): readonly Secret[] {
  return TOKEN_KEYS.map((info) => deriveKey(root, info))
}

/** A copy with memory of its own. */
export function copyOf(secret: Secret): Secret {
  return secret.reveal((bytes) => new Secret(Uint8Array.from(bytes)))
}

/** Clears root keys. */
export function disposeRootKeys({ roots, lasting = [], retired }: RootKeys): void {
  for (const key of [...roots, ...lasting, ...retired.flatMap(({ keys }) => keys)]) key[Symbol.dispose]()
}

const FORMAT = 1
const HEADER_BYTES = 4
const TIME_BYTES = 8
/** Two roots during a rotation. */
const ROOTS_MAX = 2
/** Rotations within the lifetime of a session token. */
export const RETIRED_MAX = 16
/** The largest encoding of root keys. */
export const ROOT_KEYS_MAX_BYTES =
  HEADER_BYTES +
  (ROOTS_MAX + LASTING_KEYS.length) * DERIVED_KEY_BYTES +
  RETIRED_MAX * (TIME_BYTES + TOKEN_KEYS.length * DERIVED_KEY_BYTES)

/** The bytes of root keys: see docs/reference/formats/seal.md. The caller clears them. */
export function encodeRootKeys({ roots, lasting, retired }: RootKeys): Uint8Array {
  const parts: Uint8Array[] = [
    Uint8Array.of(FORMAT, roots.length, lasting === undefined ? 0 : 1, retired.length),
  ]
  const add = (secret: Secret): void => {
    secret.reveal((bytes) => {
      assert(bytes.length === DERIVED_KEY_BYTES, 'a root key of 32 bytes')
      parts.push(Uint8Array.from(bytes))
    })
  }
  for (const root of roots) add(root)
  for (const key of lasting ?? []) add(key)
  for (const { until, keys } of retired) {
    const time = Buffer.alloc(TIME_BYTES)
    time.writeBigInt64BE(BigInt(until))
    parts.push(time)
    for (const key of keys) add(key)
  }
  const encoded = Uint8Array.from(concatBytes(...parts))
  for (const part of parts) part.fill(0)
  return encoded
}

/** The root keys of such bytes, or nothing for bytes of another form. */
export function parseRootKeys(bytes: Uint8Array): RootKeys | undefined {
  const [format, rootCount = 0, hasLasting = 0, retiredCount = 0] = bytes
  if (format !== FORMAT || rootCount < 1 || rootCount > ROOTS_MAX) return undefined
  if (hasLasting > 1 || retiredCount > RETIRED_MAX) return undefined
  const lastingCount = hasLasting * LASTING_KEYS.length
  const retiredBytes = retiredCount * (TIME_BYTES + TOKEN_KEYS.length * DERIVED_KEY_BYTES)
  if (bytes.length !== HEADER_BYTES + (rootCount + lastingCount) * DERIVED_KEY_BYTES + retiredBytes)
    return undefined
  let at = HEADER_BYTES
  const take = (): Secret => {
    at += DERIVED_KEY_BYTES
    return new Secret(Uint8Array.from(bytes.subarray(at - DERIVED_KEY_BYTES, at)))
  }
  const takeSome = (count: number): readonly Secret[] => Array.from({ length: count }, take)
  const roots = takeSome(rootCount)
  const lasting = hasLasting === 1 ? takeSome(lastingCount) : undefined
  const retired = Array.from({ length: retiredCount }, () => {
    const until = Number(Buffer.from(bytes.buffer, bytes.byteOffset + at, TIME_BYTES).readBigInt64BE())
    at += TIME_BYTES
    return { until, keys: takeSome(TOKEN_KEYS.length) }
  })
  return { roots, lasting, retired }
}
