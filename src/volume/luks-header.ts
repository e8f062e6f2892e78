import { parseJsonText } from '../base/json-text.ts'
import { VolumeError } from './volume-error.ts'
import { parseToken, TOKEN_TYPE, type VolumeToken, volumeIdOf } from './volume-token.ts'

/** What this project reads of a LUKS2 header. Source: LUKS2 On-Disk Format Specification 1.1.1, section 3. */
export type LuksHeader = {
  readonly uuid: string
  readonly keyslots: readonly string[]
  /** IDs of all tokens, of whatever type. */
  readonly tokenIds: readonly string[]
  /** Our tokens with their IDs, the newest first. */
  readonly ours: readonly { readonly id: string; readonly token: VolumeToken }[]
  /** Where the encrypted data begins, in bytes. */
  readonly dataOffset: number
  readonly sectorSize: number
}

/** The cipher of the data, and of the keyslots that cryptsetup writes for them. */
export const CIPHER = 'aes-xts-plain64'

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Parses the UUID and the JSON metadata of a header. @throws VolumeError `header`. */
export function parseLuksHeader(uuid: string, json: string): LuksHeader {
  try {
    return headerOf(uuid, membersOf(parseJsonText(json)))
  } catch (cause) {
    throw new VolumeError(
      'header',
      `the LUKS2 header cannot be used: ${cause instanceof Error ? cause.message : ''}`,
      { cause },
    )
  }
}

function headerOf(uuid: string, metadata: Members): LuksHeader {
  const segments = Object.values(membersOf(metadata['segments'])).map(membersOf)
  const [segment] = segments
  if (segments.length !== 1 || segment === undefined || segment['type'] !== 'crypt')
    throw new Error('it has other data segments than one encrypted one: an unfinished re-encryption?')
  if (segment['iv_tweak'] !== '0' || segment['size'] !== 'dynamic')
    throw new Error('its data segment is not the whole rest of the device')
  const keyslots = Object.entries(membersOf(metadata['keyslots']))
  assertEncrypted(segment, keyslots)
  const tokens = Object.entries(membersOf(metadata['tokens']))
  const ours = tokens
    .filter(([, token]) => membersOf(token)['type'] === TOKEN_TYPE)
    .map(([id, token]) => ({ id, token: parseToken(token) }))
  const [dataOffset, sectorSize] = [Number(segment['offset']), Number(segment['sector_size'])]
  if (!(Number.isSafeInteger(dataOffset) && dataOffset > 0 && dataOffset % 512 === 0))
    throw new Error('its data segment has no offset')
  return {
    uuid,
    keyslots: keyslots.map(([slot]) => slot),
    tokenIds: tokens.map(([id]) => id),
    ours: ours.toSorted((one, other) => other.token.generation - one.token.generation),
    dataOffset,
    sectorSize,
  }
}

/**
 * Checks the ciphers of a header. No key authenticates it, so who can write to the device can put `cipher_null` there:
 * then new data stay in the clear, or a keyslot with a volume key of their choice opens by any key.
 */
function assertEncrypted(segment: Members, keyslots: readonly (readonly [string, unknown])[]): void {
  if (segment['encryption'] !== CIPHER) throw new Error(`its data are not encrypted by ${CIPHER}`)
  for (const [slot, value] of keyslots) {
    const { type, area } = membersOf(value)
    if (type !== 'luks2' || membersOf(area)['encryption'] !== CIPHER)
      throw new Error(`its keyslot ${slot} is not encrypted by ${CIPHER}`)
  }
}

/**
 * The newest token of a header, which fits the header and, if given, the ID that the caller expects.
 *
 * @throws VolumeError `header`.
 */
export function tokenOf(
  header: LuksHeader,
  expectedId?: string,
): { readonly id: string; readonly token: VolumeToken } {
  const [newest] = header.ours
  if (newest === undefined)
    throw new VolumeError(
      'header',
      `the LUKS2 header has no ${TOKEN_TYPE} token: holdfast volume format makes one`,
    )
  const { token } = newest
  const own = volumeIdOf(header.uuid, token.volumeId.startsWith('snap-') ? 'snap' : 'vol')
  if (token.volumeId !== own)
    throw new VolumeError('header', `the token is of the volume ${token.volumeId}, and the header of ${own}`)
  if (expectedId !== undefined && expectedId !== own)
    throw new VolumeError('header', `expected the volume ${expectedId}; got ${own}`)
  return newest
}
