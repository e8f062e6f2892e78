import { constants } from 'node:fs'
import { copyFile, link, open, rm, stat } from 'node:fs/promises'
import { isoSeconds, systemClock, systemRandom } from '../base/ports.ts'
import { addToken, readHeader, removeTokens, setUuid } from './cryptsetup.ts'
import { tokenOf } from './luks-header.ts'
import { VolumeError } from './volume-error.ts'
import { type VolumeToken, volumeIdOf } from './volume-token.ts'
import { mayUnwrap, rewrapKey, type VolumeKms } from './wrapped-key.ts'

/**
 * Copies the image of a closed volume. KMS wraps the data key for the copy, which has an ID of its own; no data are
 * decrypted. The copy has its name when it is whole.
 *
 * @throws VolumeError.
 */
export async function copyVolume(
  kms: VolumeKms,
  { source, target }: { readonly source: string; readonly target: string },
  keyId: string | undefined,
): Promise<VolumeToken> {
  if (!(await stat(source)).isFile())
    throw new VolumeError('machine', `${source} is not an image: copy the device first`)
  const header = await readHeader(source)
  const { token } = tokenOf(header)
  const uuid = systemRandom.uuid()
  const wrapped = await rewrapKey(kms, token, {
    keyId: keyId ?? token.keyArn,
    volumeId: volumeIdOf(uuid, 'snap'),
  })
  await mayUnwrap(kms, wrapped)
  const next = { ...token, ...wrapped, generation: 1, createdAt: isoSeconds(systemClock.now()) }
  const part = `${target}.part`
  try {
    await copyFile(source, part, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  } catch (cause) {
    throw new VolumeError(
      'machine',
      `${part} cannot be written: ${cause instanceof Error ? cause.message : ''}`,
      { cause },
    )
  }
  try {
    await setUuid(part, uuid)
    await addToken(part, next, header)
    await removeTokens(part, header)
    await syncFile(part)
    // Unlike a rename, it replaces nothing.
    await link(part, target).catch((cause: unknown) => {
      throw new VolumeError('state', `${target} exists`, { cause })
    })
  } finally {
    await rm(part, { force: true })
  }
  return next
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
