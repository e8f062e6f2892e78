import type { Random } from '../../base/ports.ts'

/** The prefixes of unique ids, by kind. Source: IAM User Guide, "IAM identifiers". */
const ID_PREFIXES = {
  user: 'AIDA',
  group: 'AGPA',
  role: 'AROA',
  policy: 'ANPA',
  instanceProfile: 'AIPA',
} as const

/** A kind with unique ids. */
export type IdKind = keyof typeof ID_PREFIXES

const ID_DIGITS = 17
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new unique id: a prefix of four letters, and 17 digits of base32. */
export function newUniqueId(random: Random, kind: IdKind): string {
  let text: string = ID_PREFIXES[kind]
  for (const byte of random.bytes(ID_DIGITS)) text += BASE32[byte % BASE32.length]
  return text
}

/** An access key with its secret, which only its answer shows. */
export type NewAccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

const SECRET_RANDOM_BYTES = 30

/**
 * A new access key of an account in AWS's form: `AKIA` and 16 digits of base32, and 40 characters of base64.
 */
export function newAccessKey(random: Random, account: string): NewAccessKey {
  return { accessKeyId: `AKIA${keyDigits(random, account)}`, secretAccessKey: newSecret(random) }
}

/** The same for a session: `ASIA`. */
export function newSessionKey(random: Random, account: string): NewAccessKey {
  return { accessKeyId: `ASIA${keyDigits(random, account)}`, secretAccessKey: newSecret(random) }
}

function newSecret(random: Random): string {
  return Buffer.from(random.bytes(SECRET_RANDOM_BYTES)).toString('base64')
}

const KEY_BYTES = 10
const NUMBER_BYTES = 6
/** The account's number is above 7 random bits, and the topmost bit of the 48 is set. */
const ACCOUNT_UNIT = 2 ** 7
const TOP_BIT = 2 ** 47

/**
 * Tools read the account from the digits. Source: how access key ids of AWS are read; it is not documented.
 */
function keyDigits(random: Random, account: string): string {
  const bytes = Buffer.from(random.bytes(KEY_BYTES))
  const low = (bytes[NUMBER_BYTES - 1] ?? 0) % ACCOUNT_UNIT
  bytes.writeUIntBE(TOP_BIT + Number(account) * ACCOUNT_UNIT + low, 0, NUMBER_BYTES)
  return base32(bytes)
}

const KEY_ID = /^A[KS]IA([A-Z2-7]{16})$/

/** The account of an access key id; nothing when the id names none. */
export function accountOfKeyId(accessKeyId: string): string | undefined {
  const digits = KEY_ID.exec(accessKeyId)?.[1]
  if (digits === undefined) return undefined
  let value = 0n
  for (const digit of digits) value = (value << 5n) | BigInt(BASE32.indexOf(digit))
  const number = Number(value >> 32n)
  if (number < TOP_BIT) return undefined
  const account = String(Math.floor((number - TOP_BIT) / ACCOUNT_UNIT)).padStart(12, '0')
  return account.length === 12 ? account : undefined
}

/** RFC 4648 base32 without padding; the size is a multiple of 5 bytes. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return text
}
