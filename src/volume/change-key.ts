import { isoSeconds, systemClock, systemRandom } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import {
  addKeyslot,
  addToken,
  opensVolume,
  type Place,
  readHeader,
  removeKeyslot,
  removeTokens,
} from './cryptsetup.ts'
import { type LuksHeader, tokenOf } from './luks-header.ts'
import { unlockVolume } from './unlocked-volume.ts'
import { VolumeError } from './volume-error.ts'
import type { VolumeToken } from './volume-token.ts'
import { mayUnwrap, newWrappedKey, rewrapKey, unwrapKey, type VolumeKms } from './wrapped-key.ts'

/**
 * Gives a volume a new data key under the same KMS key; its data are not written again. The new keyslot and token are
 * there and tried before the old ones are removed, so that an interruption at any moment leaves a key that opens.
 *
 * @throws VolumeError.
 */
export async function rekeyVolume(kms: VolumeKms, place: Place): Promise<VolumeToken> {
  using volume = await unlockVolume(kms, place)
  const { header, token, key } = volume
  if (token.scheme === 'ebs')
    throw new VolumeError('state', 'the data key is the volume key itself: cryptsetup reencrypt changes it')
  const wrapped = await newWrappedKey(kms, token.keyArn, token)
  await mayUnwrap(kms, wrapped)
  using added = await unwrapKey(kms, wrapped)
  const slot = await addKeyslot(place, key, added)
  if (!(await opensVolume(place, { scheme: 'slot', secret: added })))
    throw new VolumeError('mismatch', 'the new key does not open the keyslot that was written with it')
  const next = successor(token, { ...wrapped, keyslots: [slot] })
  await addToken(place.device, next, header)
  await dropOld(place.device, header, next)
  return next
}

/** Has KMS wrap the data key of a volume under another KMS key. Neither a keyslot nor data change. @throws VolumeError. */
export async function migrateVolume(kms: VolumeKms, place: Place, keyId: string): Promise<VolumeToken> {
  const header = await readHeader(place.device)
  const { token } = tokenOf(header)
  const wrapped = await rewrapKey(kms, token, { keyId, volumeId: token.volumeId })
  await mayUnwrap(kms, wrapped)
  const next = successor(token, wrapped)
  await addToken(place.device, next, header)
  await dropOld(place.device, header, next)
  return next
}

/**
 * Removes what a header had before: keyslots of earlier tokens, also of an interrupted change, and then the tokens. As long
 * as one of these is there, the change is unfinished.
 */
async function dropOld(device: string, before: LuksHeader, { keyslots }: VolumeToken): Promise<void> {
  const old = new Set(before.ours.flatMap(({ token }) => token.keyslots))
  for (const slot of old)
    if (before.keyslots.includes(slot) && !keyslots.includes(slot)) await removeKeyslot(device, slot)
  await removeTokens(device, before)
}

/** Random bits of a recovery key. */
const RECOVERY_BYTES = 32
const RECOVERY_GROUP = 8
/** Letters and digits that people do not confuse. Source: Crockford, "Base 32". */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A key that opens a volume without KMS, for people to keep: 256 random bits as text. */
export type RecoveryKey = { readonly text: string; readonly keyslot: string; readonly volumeId: string }

/** Adds a recovery key to a volume. @throws VolumeError. */
export async function addRecoveryKey(kms: VolumeKms, place: Place): Promise<RecoveryKey> {
  using volume = await unlockVolume(kms, place)
  using random = new Secret(systemRandom.bytes(RECOVERY_BYTES))
  const text = random.reveal(formatRecoveryKey)
  using added = new Secret(Buffer.from(text))
  const keyslot = await addKeyslot(place, volume.key, added)
  return { text, keyslot, volumeId: volume.token.volumeId }
}

/** Five bits for each letter, in groups; the last letter has fewer. */
function formatRecoveryKey(bytes: Uint8Array): string {
  let [text, bits, value] = ['', 0, 0]
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      text += LETTERS[(value >> (bits - 5)) & 31]
      bits -= 5
    }
    value &= (1 << bits) - 1
  }
  text += LETTERS[(value << (5 - bits)) & 31]
  return text.match(new RegExp(`.{1,${RECOVERY_GROUP}}`, 'g'))?.join('-') ?? text
}

/** The token that takes the place of another one. */
function successor(token: VolumeToken, changed: Partial<VolumeToken>): VolumeToken {
  const createdAt = isoSeconds(systemClock.now())
  return { ...token, ...changed, generation: token.generation + 1, createdAt }
}
