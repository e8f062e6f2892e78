import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../base/bytes.ts'
import { isoSeconds, systemClock, systemRandom } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import { type Backend, closeBackend, findBackend, isServed, openBackend } from './backends.ts'
import { opensVolume, type Place, readHeader, type VolumeKey } from './cryptsetup.ts'
import { type LuksHeader, tokenOf } from './luks-header.ts'
import {
  findOpenVolume,
  forgetVolume,
  isUnfinished,
  type OpenVolume,
  takeName,
  writeOpenVolume,
} from './open-volumes.ts'
import { unlockVolume } from './unlocked-volume.ts'
import { VolumeError } from './volume-error.ts'
import { type Grant, grantFor, retireGrant, type VolumeKms } from './wrapped-key.ts'

/** How a volume is opened. */
export type Attachment = {
  readonly name: string
  readonly place: Place
  readonly runtime: string
  readonly backend: Backend | undefined
  readonly readOnly: boolean
  readonly expectedId: string | undefined
  /** Who gets a grant before the key is decrypted, and who creates it. */
  readonly granting: { readonly grantee: string; readonly kms: VolumeKms } | undefined
}

const NAME_BYTES = 4

/**
 * Opens a volume: KMS decrypts its key, the header accepts the key, and then its plaintext becomes available.
 *
 * @throws VolumeError. Nothing stays open, and no grant stays.
 */
export async function attachVolume(kms: VolumeKms, attachment: Attachment): Promise<OpenVolume> {
  const { place, runtime, name, granting } = attachment
  const backend = attachment.backend ?? (await findBackend())
  const { token } = tokenOf(await readHeader(place.device), attachment.expectedId)
  const folder = await takeName(runtime, name, await realpath(place.device))
  let grant: Grant | undefined
  try {
    if (granting !== undefined) {
      const grantName = `${token.volumeId}-${toHex(systemRandom.bytes(NAME_BYTES))}`
      grant = await grantFor(granting.kms, token, { grantee: granting.grantee, name: grantName })
    }
    using volume = await unlockVolume(kms, place, { volumeId: token.volumeId, grantToken: grant?.token })
    return await openUnlocked(attachment, { backend, folder, grant, ...volume })
  } catch (error) {
    await forgetVolume(runtime, name)
    // What failed first is what the caller has to know; an unused grant is for this volume alone.
    if (grant !== undefined) await retireGrant(kms, grant).catch(() => {})
    throw error
  }
}

/** Opens a volume by a recovery key, without KMS. @throws VolumeError `mismatch` when it is another one. */
export async function attachByRecovery(attachment: Attachment, recovery: Secret): Promise<OpenVolume> {
  const { place, runtime, name } = attachment
  const backend = attachment.backend ?? (await findBackend())
  const header = await readHeader(place.device)
  const { token } = tokenOf(header, attachment.expectedId)
  const key: VolumeKey = { scheme: 'slot', secret: recovery }
  if (!(await opensVolume(place, key)))
    throw new VolumeError('mismatch', 'the recovery key does not open the volume')
  const folder = await takeName(runtime, name, await realpath(place.device))
  try {
    return await openUnlocked(attachment, { backend, folder, grant: undefined, header, token, key })
  } catch (error) {
    await forgetVolume(runtime, name)
    throw error
  }
}

type Unlocked = {
  readonly backend: Backend
  readonly folder: string
  readonly grant: Grant | undefined
  readonly header: LuksHeader
  readonly token: { readonly volumeId: string; readonly keyArn: string }
  readonly key: VolumeKey
}

async function openUnlocked(
  { place, name, runtime, readOnly }: Attachment,
  { backend, folder, grant, header, token, key }: Unlocked,
): Promise<OpenVolume> {
  const { volumeId, keyArn } = token
  try {
    const path = await openBackend(backend, {
      name,
      place,
      header,
      key,
      folder,
      readOnly,
      random: systemRandom,
    })
    const [device, openedAt] = [await realpath(place.device), isoSeconds(systemClock.now())]
    const volume = { name, device, volumeId, keyArn, backend, path, openedAt, grant }
    await writeOpenVolume(runtime, volume)
    return volume
  } catch (error) {
    await closeBackend(backend, { name, folder }, { force: true })
    throw error
  }
}

/**
 * Closes a volume, and retires its grant. When KMS does not retire the grant, the volume is closed all the same, and
 * closing it again repeats the rest.
 *
 * @throws VolumeError.
 */
export async function detachVolume(
  kms: () => Promise<VolumeKms>,
  { runtime, name, force }: { readonly runtime: string; readonly name: string; readonly force: boolean },
): Promise<OpenVolume> {
  const volume = await getOpenVolume(runtime, name)
  const folder = join(runtime, name)
  if (volume.backend !== undefined) await closeBackend(volume.backend, { name, folder }, { force })
  if (volume.grant !== undefined) {
    await writeOpenVolume(runtime, { ...volume, backend: undefined })
    await retireGrant(await kms(), volume.grant)
  }
  await forgetVolume(runtime, name)
  return volume
}

/**
 * Removes what a process left that ended while it was opening a volume: the processes that have the key, and files.
 * Whether there was something.
 */
export async function removeUnfinished(runtime: string, name: string): Promise<boolean> {
  if (!(await isUnfinished(runtime, name))) return false
  const left = { name, folder: join(runtime, name) }
  await closeBackend('fuse', left, { force: true })
  await forgetVolume(runtime, name)
  return true
}

/** An open volume. @throws VolumeError `state` when it is not open. */
export async function getOpenVolume(runtime: string, name: string): Promise<OpenVolume> {
  const volume = await findOpenVolume(runtime, name)
  if (volume === undefined) throw new VolumeError('state', `${name} is not open`)
  return volume
}

/** Whether the plaintext of a volume is still available: its process may have been killed. */
export async function isStillOpen(runtime: string, { name, backend }: OpenVolume): Promise<boolean> {
  return backend !== undefined && (await isServed(backend, { name, folder: join(runtime, name) }))
}
