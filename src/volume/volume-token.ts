import { parseBase64, toBase64, utf8 } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'

/** The type of the LUKS2 token that holds the wrapped key. */
export const TOKEN_TYPE = 'holdfast-kms'
/** The name of the encryption context pair. Source: EBS User Guide, "How Amazon EBS encryption works". */
export const CONTEXT_NAME = 'aws:ebs:id'
/** Bytes of a keyslot key, and of the volume key of AES-256-XTS. */
export const KEY_BYTES = { slot: 32, ebs: 64 } as const

const VERSION = 1
/** Source: AWS KMS API Reference, "Decrypt", CiphertextBlob. */
const CIPHERTEXT_MAX_BYTES = 6144
const KEY_ARN = /^arn:aws[\w-]*:kms:[a-z0-9-]{1,32}:[0-9]{12}:key\/[\w-]{1,64}$/
const VOLUME_ID = /^(?:vol|snap)-[0-9a-f]{17}$/
const KEYSLOT = /^(?:[0-9]|[12][0-9]|3[01])$/
const GENERATION_MAX = 2 ** 31

/** What the KMS key wraps: the key of a keyslot, or the volume key itself as EBS does it. */
export type Scheme = keyof typeof KEY_BYTES

/** What a volume's header says about its wrapped key. Nothing in it is secret, and all of it is untrusted. */
export type VolumeToken = {
  /** `vol-…`, or `snap-…` for a copy. */
  readonly volumeId: string
  readonly keyArn: string
  readonly scheme: Scheme
  /** Grows with each replacement of the token; the highest one counts. */
  readonly generation: number
  readonly ciphertext: Uint8Array
  /** The keyslots that the wrapped key opens: one; none for the scheme `ebs`, and when the keyslot was removed. */
  readonly keyslots: readonly string[]
  readonly createdAt: string
}

/** The ID of the volume with a LUKS UUID. A header that is written over another volume's keeps its own ID. */
export function volumeIdOf(uuid: string, kind: 'vol' | 'snap'): string {
  return `${kind}-${sha256Hex(utf8(`holdfast volume ${uuid.toLowerCase()}`)).slice(0, 17)}`
}

/** The encryption context of a volume's key. */
export function contextOf(volumeId: string): Readonly<Record<string, string>> {
  return { [CONTEXT_NAME]: volumeId }
}

/** The JSON of a token, as the format's page specifies it. */
export function encodeToken(token: VolumeToken): string {
  const { keyslots, volumeId, keyArn, scheme, generation, createdAt } = token
  const ciphertext = toBase64(token.ciphertext)
  const members = { version: VERSION, volumeId, keyArn, scheme, generation, ciphertext, createdAt }
  return JSON.stringify({ type: TOKEN_TYPE, keyslots, ...members })
}

/** Parses a token of a header. @throws Error that says what is wrong. */
export function parseToken(value: unknown): VolumeToken {
  const members: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {}
  const text = (name: string, pattern: RegExp): string => {
    const found = members[name]
    if (typeof found === 'string' && pattern.test(found)) return found
    throw new Error(`the member ${name} of its ${TOKEN_TYPE} token is malformed`)
  }
  if (members['version'] !== VERSION)
    throw new Error(`its ${TOKEN_TYPE} token has a version other than ${VERSION}`)
  const scheme = text('scheme', /^(?:slot|ebs)$/) === 'ebs' ? 'ebs' : 'slot'
  return {
    volumeId: text('volumeId', VOLUME_ID),
    keyArn: text('keyArn', KEY_ARN),
    scheme,
    generation: parseGeneration(members['generation']),
    ciphertext: parseCiphertext(text('ciphertext', /^[A-Za-z0-9+/=]+$/)),
    keyslots: parseKeyslots(members['keyslots'], scheme),
    createdAt: text('createdAt', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  }
}

function parseGeneration(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value < GENERATION_MAX)
    return value
  throw new Error(`the generation of its ${TOKEN_TYPE} token is no number from 1 on`)
}

function parseCiphertext(text: string): Uint8Array {
  const bytes = parseBase64(text)
  if (bytes !== undefined && bytes.length > 0 && bytes.length <= CIPHERTEXT_MAX_BYTES) return bytes
  throw new Error(
    `the ciphertext of its ${TOKEN_TYPE} token is not the base64 of 1 to ${CIPHERTEXT_MAX_BYTES} bytes`,
  )
}

/** cryptsetup takes a removed keyslot out of the tokens that name it. */
function parseKeyslots(value: unknown, scheme: Scheme): readonly string[] {
  const slots: readonly unknown[] = Array.isArray(value) ? value : [undefined]
  const known = slots.filter((slot) => typeof slot === 'string' && KEYSLOT.test(slot)).map(String)
  if (known.length === slots.length && known.length <= (scheme === 'ebs' ? 0 : 1)) return known
  throw new Error(`the keyslots of its ${TOKEN_TYPE} token do not fit its scheme`)
}
