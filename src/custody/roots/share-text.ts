import { concatBytes, equalConstantTime, utf8 } from '../../base/bytes.ts'
import { Secret } from '../../base/secret.ts'
import { sha256Of } from '../../crypto/hash.ts'
import { SealError } from './root.ts'

/** A share of a path key, as its holder has it. See docs/reference/formats/share.md. */
export type Share = {
  /** The first bytes of the id of its path. */
  readonly set: Uint8Array
  /** From 1 on. */
  readonly number: number
  /** What the library made. */
  readonly value: Secret
}

const VERSION = 1
/** The size of the id of a set in a share. */
export const SET_BYTES = 6
/** A path key of 32 bytes, and a coordinate. */
export const VALUE_BYTES = 33
const CHECK_BYTES = 4
const SHARE_BYTES = 1 + SET_BYTES + 1 + VALUE_BYTES + CHECK_BYTES
const CHECKED_BYTES = SHARE_BYTES - CHECK_BYTES

/** Source: Crockford, "Base 32": without letters that look like digits or like each other. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHARACTER_BITS = 5
const GROUP_DATA = 4
const GROUP_LENGTH = GROUP_DATA + 1
/** The number of groups of a share. */
export const GROUPS = (SHARE_BYTES * 8) / (GROUP_DATA * CHARACTER_BITS)
/** The largest text of a share that is read: groups may be apart by more than a hyphen. */
export const SHARE_MAX_BYTES = 512

const SHARE_CHECK = utf8('holdfast/share/1/check')
const GROUP_CHECK = utf8('holdfast/share/1/group')
const HYPHEN = 0x2d
const DIGIT_0 = 0x30
const ASCII_MAX = 0x7f

/** The value of each character, by its code; also of what people type in its place. */
const VALUES = valuesOfCharacters()

function valuesOfCharacters(): Int8Array {
  const values = new Int8Array(ASCII_MAX + 1).fill(-1)
  for (const [value, character] of [...ALPHABET].entries()) {
    values[character.charCodeAt(0)] = value
    values[character.toLowerCase().charCodeAt(0)] = value
  }
  for (const [typed, meant] of ['O0', 'o0', 'I1', 'i1', 'L1', 'l1'])
    values[typed?.charCodeAt(0) ?? 0] = ALPHABET.indexOf(meant ?? '')
  return values
}

/** The text of a share, in ASCII: groups of five characters with hyphens between. The caller clears it. */
export function encodeShare({ set, number, value }: Share): Secret {
  const whole = new Uint8Array(SHARE_BYTES)
  whole[0] = VERSION
  whole.set(set, 1)
  whole[1 + SET_BYTES] = number
  value.reveal((bytes) => whole.set(bytes, 2 + SET_BYTES))
  whole.set(checkOf(whole), CHECKED_BYTES)
  const text = new Uint8Array(GROUPS * (GROUP_LENGTH + 1) - 1).fill(HYPHEN)
  for (let group = 0; group < GROUPS; group += 1) {
    const values = Uint8Array.from({ length: GROUP_DATA }, (_, at) =>
      characterAt(whole, group * GROUP_DATA + at),
    )
    const characters = [...values, groupCheck(group, values)].map((one) => ALPHABET.charCodeAt(one))
    text.set(characters, group * (GROUP_LENGTH + 1))
    values.fill(0)
    characters.fill(0)
  }
  whole.fill(0)
  return new Secret(text)
}

/**
 * Parses what a holder has typed: small letters, other spacing, and letters in place of similar digits are fine.
 *
 * @throws SealError that names the groups with mistakes, and repeats nothing of them.
 */
export function parseShare(text: Secret): Share {
  const values = text.reveal(valuesOf)
  try {
    if (values.length !== GROUPS * GROUP_LENGTH)
      throw new SealError(
        `a share has ${GROUPS} groups of ${GROUP_LENGTH} letters and digits, ${GROUPS * GROUP_LENGTH} together; got ${values.length}`,
      )
    const wrong = mistypedGroups(values)
    if (wrong.length > 0) {
      const [what, verb] = wrong.length === 1 ? ['group', 'is'] : ['groups', 'are']
      throw new SealError(`${what} ${wrong.join(', ')} of the share ${verb} mistyped`)
    }
    return shareOf(values)
  } finally {
    values.fill(0)
  }
}

/** The values of the letters and digits of a text; what cannot be one is more than any value. */
function valuesOf(text: Uint8Array): Uint8Array {
  const values = new Uint8Array(text.length)
  let length = 0
  for (const byte of text) {
    if (!isLetterOrDigit(byte)) continue
    const value = VALUES[byte] ?? -1
    values[length] = value < 0 ? ALPHABET.length : value
    length += 1
  }
  return values.subarray(0, length)
}

function isLetterOrDigit(byte: number): boolean {
  const letter = byte | 0x20
  return (byte >= DIGIT_0 && byte <= DIGIT_0 + 9) || (letter >= 0x61 && letter <= 0x7a) || byte > ASCII_MAX
}

function mistypedGroups(values: Uint8Array): readonly number[] {
  const wrong: number[] = []
  for (let group = 0; group < GROUPS; group += 1) {
    const all = values.subarray(group * GROUP_LENGTH, (group + 1) * GROUP_LENGTH)
    const isRight =
      all.every((one) => one < ALPHABET.length) &&
      all[GROUP_DATA] === groupCheck(group, all.subarray(0, GROUP_DATA))
    if (!isRight) wrong.push(group + 1)
  }
  return wrong
}

function shareOf(values: Uint8Array): Share {
  const whole = new Uint8Array(SHARE_BYTES)
  for (let group = 0; group < GROUPS; group += 1)
    for (let at = 0; at < GROUP_DATA; at += 1)
      putCharacter(whole, group * GROUP_DATA + at, values[group * GROUP_LENGTH + at] ?? 0)
  try {
    if (!equalConstantTime(checkOf(whole), whole.subarray(CHECKED_BYTES)))
      throw new SealError(
        'the share is mistyped, in a group whose own check happens to fit: compare all of it',
      )
    if (whole[0] !== VERSION) throw new SealError('the share was made by a newer release: use that release')
    const value = new Secret(whole.slice(2 + SET_BYTES, CHECKED_BYTES))
    return { set: whole.slice(1, 1 + SET_BYTES), number: whole[1 + SET_BYTES] ?? 0, value }
  } finally {
    whole.fill(0)
  }
}

function checkOf(whole: Uint8Array): Uint8Array {
  return sha256Of(SHARE_CHECK, whole.subarray(0, CHECKED_BYTES)).subarray(0, CHECK_BYTES)
}

function groupCheck(group: number, values: Uint8Array): number {
  const [first = 0] = sha256Of(concatBytes(GROUP_CHECK, Uint8Array.of(group), values))
  return first >> (8 - CHARACTER_BITS)
}

/** Five bits of a text of bytes, the highest ones first. */
function characterAt(bytes: Uint8Array, index: number): number {
  let value = 0
  for (let bit = index * CHARACTER_BITS; bit < (index + 1) * CHARACTER_BITS; bit += 1)
    value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1)
  return value
}

function putCharacter(bytes: Uint8Array, index: number, value: number): void {
  for (let at = 0; at < CHARACTER_BITS; at += 1) {
    const bit = index * CHARACTER_BITS + at
    const isSet = (value >> (CHARACTER_BITS - 1 - at)) & 1
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (isSet << (7 - (bit & 7)))
  }
}
