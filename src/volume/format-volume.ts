import { open, rm } from 'node:fs/promises'
import { isoSeconds, systemClock, systemRandom } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { addToken, opensVolume, type Place, type VolumeKey, writeHeader } from './cryptsetup.ts'
import { VolumeError } from './volume-error.ts'
import { type Scheme, type VolumeToken, volumeIdOf } from './volume-token.ts'
import { mayUnwrap, newWrappedKey, unwrapKey, type VolumeKms } from './wrapped-key.ts'

/** How a volume is formatted. */
export type Formatting = {
  readonly keyId: string
  readonly scheme: Scheme
  readonly sectorSize: string
  /** The size of a new image; nothing for a device or file that exists. */
  readonly imageBytes: number | undefined
  /** Whether what is on the device may be lost. */
  readonly overwrite: boolean
}

const PASSING_BYTES = 32
/** Where file systems, partition tables and other formats have their marks. */
const MARKS_BYTES = 1_048_576
const OWNER_ONLY = 0o600

/**
 * Makes an encrypted volume. KMS has wrapped its key, and has let the caller decrypt it, before the first byte is written.
 *
 * @throws VolumeError.
 */
export async function formatVolume(kms: VolumeKms, place: Place, how: Formatting): Promise<VolumeToken> {
  if (how.imageBytes === undefined) await assertDevice(place.device, how.overwrite)
  const uuid = systemRandom.uuid()
  const wrapped = await newWrappedKey(kms, how.keyId, {
    volumeId: volumeIdOf(uuid, 'vol'),
    scheme: how.scheme,
  })
  await mayUnwrap(kms, wrapped)
  using secret = await unwrapKey(kms, wrapped)
  using passing = new Secret(systemRandom.bytes(PASSING_BYTES))
  const key: VolumeKey = { scheme: how.scheme, secret }
  const createdAt = isoSeconds(systemClock.now())
  const keyslots = how.scheme === 'ebs' ? [] : ['0']
  const token: VolumeToken = { ...wrapped, generation: 1, keyslots, createdAt }
  const write = async (): Promise<void> => {
    await writeHeader(place, key, { uuid, sectorSize: how.sectorSize, passing })
    await addToken(place.device, token, { tokenIds: [] })
    if (!(await opensVolume(place, key)))
      throw new VolumeError('mismatch', 'the key does not open the header that was written with it')
  }
  if (how.imageBytes === undefined) await write()
  else await withNewImage(place.device, how.imageBytes, write)
  return token
}

async function assertDevice(device: string, overwrite: boolean): Promise<void> {
  const file = await open(device, 'r+').catch((cause: unknown) => {
    throw new VolumeError(
      'machine',
      `${device}: ${cause instanceof Error ? cause.message : ''}: give --size for a new image`,
      { cause },
    )
  })
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(MARKS_BYTES), 0, MARKS_BYTES, 0)
    if (overwrite || buffer.subarray(0, bytesRead).every((byte) => byte === 0)) return
  } finally {
    await file.close()
  }
  throw new VolumeError('state', `${device} is not empty: --overwrite destroys what is on it`)
}

/** Makes an image, and removes it again when it cannot be formatted. */
async function withNewImage(path: string, sizeBytes: number, write: () => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY).catch((cause: unknown) => {
    throw new VolumeError(
      'state',
      `${path} cannot be created: ${cause instanceof Error ? cause.message : ''}`,
      { cause },
    )
  })
  try {
    await file.truncate(sizeBytes)
    await write()
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}
