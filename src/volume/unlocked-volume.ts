import { opensVolume, type Place, readHeader, type VolumeKey } from './cryptsetup.ts'
import { type LuksHeader, tokenOf } from './luks-header.ts'
import { VolumeError } from './volume-error.ts'
import type { VolumeToken } from './volume-token.ts'
import { mayUnwrap, unwrapKey, type VolumeKms } from './wrapped-key.ts'

/** A volume whose key KMS has decrypted, and which the key opens. Disposing of it clears the key. */
export type UnlockedVolume = Disposable & {
  readonly header: LuksHeader
  readonly tokenId: string
  readonly token: VolumeToken
  readonly key: VolumeKey
}

/** What the caller knows about a volume before it is unlocked. */
export type Expectations = {
  readonly volumeId?: string | undefined
  /** A grant that was just created. */
  readonly grantToken?: string | undefined
}

/**
 * Reads the header of a volume, has KMS decrypt its key, and tries the key on the header. Opens nothing.
 *
 * @throws VolumeError; `mismatch` when KMS decrypts a key that is not the volume's.
 */
export async function unlockVolume(
  kms: VolumeKms,
  place: Place,
  expected: Expectations = {},
): Promise<UnlockedVolume> {
  const header = await readHeader(place.device)
  const { id: tokenId, token } = tokenOf(header, expected.volumeId)
  await mayUnwrap(kms, token, expected.grantToken)
  const secret = await unwrapKey(kms, token, expected.grantToken)
  try {
    const key: VolumeKey = { scheme: token.scheme, secret }
    if (!(await opensVolume(place, key)))
      throw new VolumeError(
        'mismatch',
        `KMS decrypted the key of ${token.volumeId}, and the header does not accept it`,
      )
    return { header, tokenId, token, key, [Symbol.dispose]: () => secret[Symbol.dispose]() }
  } catch (error) {
    secret[Symbol.dispose]()
    throw error
  }
}
