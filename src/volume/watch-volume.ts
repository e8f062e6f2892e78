import type { Clock } from '../base/ports.ts'
import { detachVolume, isStillOpen } from './attach-volume.ts'
import { readHeader } from './cryptsetup.ts'
import { tokenOf } from './luks-header.ts'
import { findOpenVolume } from './open-volumes.ts'
import { VolumeError } from './volume-error.ts'
import { mayUnwrap, type VolumeKms } from './wrapped-key.ts'

/** How an open volume is watched. */
export type Watching = {
  readonly runtime: string
  readonly name: string
  /** How long KMS may give no answer until the volume is closed; nothing: for ever. */
  readonly outageMs: number | undefined
  readonly clock: Clock
  /** Waits for the next check. False when watching ends. */
  readonly nextCheck: () => Promise<boolean>
  /** A check without an answer. */
  readonly noAnswer: (reason: string) => void
}

/** Failures after which the key is no longer the caller's to use. */
const FINAL: ReadonlySet<string> = new Set(['denied', 'key', 'header', 'mismatch'])

/**
 * Asks KMS again and again whether the caller may decrypt the key of an open volume, and closes the volume when not.
 *
 * @returns why it was closed; nothing when watching ended, or somebody else closed the volume.
 */
export async function watchVolume(kms: VolumeKms, watching: Watching): Promise<VolumeError | undefined> {
  const { runtime, name, outageMs, clock, noAnswer } = watching
  let answeredAt = clock.monotonicMs()
  do {
    const failure = await check(kms, watching)
    if (failure === 'closed') return undefined
    if (failure === undefined) {
      answeredAt = clock.monotonicMs()
      continue
    }
    const silent = outageMs !== undefined && clock.monotonicMs() - answeredAt >= outageMs
    if (FINAL.has(failure.failure) || silent) {
      await closeForGood(kms, { runtime, name })
      return failure
    }
    noAnswer(failure.message)
  } while (await watching.nextCheck())
  return undefined
}

async function check(
  kms: VolumeKms,
  { runtime, name }: Watching,
): Promise<VolumeError | 'closed' | undefined> {
  const volume = await findOpenVolume(runtime, name)
  if (volume === undefined || !(await isStillOpen(runtime, volume))) return 'closed'
  try {
    const { token } = tokenOf(await readHeader(volume.device), volume.volumeId)
    await mayUnwrap(kms, token, volume.grant?.token)
    return undefined
  } catch (error) {
    if (error instanceof VolumeError) return error
    throw error
  }
}

/** A grant of a key that is refused cannot be retired now: it stays with the name of the volume. */
async function closeForGood(
  kms: VolumeKms,
  { runtime, name }: Pick<Watching, 'runtime' | 'name'>,
): Promise<void> {
  try {
    await detachVolume(async () => kms, { runtime, name, force: true })
  } catch (error) {
    const volume = await findOpenVolume(runtime, name)
    if (volume !== undefined && volume.backend !== undefined) throw error
  }
}
