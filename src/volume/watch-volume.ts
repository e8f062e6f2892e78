import { join } from 'node:path'
import type { Clock } from '../base/ports.ts'
import { detachVolume, isStillOpen } from './attach-volume.ts'
import { closeBackend } from './backends.ts'
import { readHeader } from './cryptsetup.ts'
import { tokenOf } from './luks-header.ts'
import { findOpenVolume, type OpenVolume } from './open-volumes.ts'
import { VolumeError, type VolumeFailure } from './volume-error.ts'
import { mayUnwrap, type VolumeKms } from './wrapped-key.ts'

/** How an open volume is watched. */
export type Watching = {
  readonly runtime: string
  readonly name: string
  /** The volume when watching began. */
  readonly opened: OpenVolume
  /** How long KMS may give no answer until the volume is closed; nothing: for ever. */
  readonly outageMs: number | undefined
  readonly clock: Clock
  /** Waits for the next check. False when watching ends. */
  readonly nextCheck: () => Promise<boolean>
  /** A check without an answer. */
  readonly noAnswer: (reason: string) => void
  /** A closing that failed, and is repeated. */
  readonly notClosed: (reason: string) => void
}

/**
 * What a failed check means: KMS refuses, so the volume closes at once; the check itself fails, so the volume closes when
 * that lasts; or KMS gives no answer.
 */
type Verdict = 'refused' | 'unchecked' | 'unanswered'

/** What each failure of a check means for the open volume. */
export const VERDICTS: Readonly<Record<VolumeFailure, Verdict>> = {
  denied: 'refused',
  key: 'refused',
  header: 'refused',
  mismatch: 'refused',
  other: 'refused',
  machine: 'unchecked',
  state: 'unchecked',
  unreachable: 'unanswered',
}

/** How long a volume stays open whose checks this machine cannot make. */
export const UNCHECKED_MAX_MS = 60_000

/**
 * Asks KMS again and again whether the caller may decrypt the key of an open volume, and closes the volume when not, or
 * when nobody can tell. A closing that fails is repeated.
 *
 * @returns why it was closed; nothing when watching ended, or somebody else closed the volume.
 */
export async function watchVolume(kms: VolumeKms, watching: Watching): Promise<VolumeError | undefined> {
  const { clock, noAnswer, notClosed } = watching
  let checkedAt = clock.monotonicMs()
  do {
    const failure = await check(kms, watching)
    if (failure === 'closed') return undefined
    if (failure === undefined) {
      checkedAt = clock.monotonicMs()
      continue
    }
    if (clock.monotonicMs() - checkedAt < boundOf(failure, watching)) {
      noAnswer(failure.message)
      continue
    }
    try {
      await closeForGood(kms, watching)
      return failure
    } catch (error) {
      notClosed(error instanceof Error ? error.message : String(error))
    }
  } while (await watching.nextCheck())
  return undefined
}

/** How long after the last good check a failure leaves the volume open. */
function boundOf({ failure }: VolumeError, { outageMs = Number.POSITIVE_INFINITY }: Watching): number {
  switch (VERDICTS[failure]) {
    case 'refused':
      return 0
    case 'unchecked':
      return Math.min(UNCHECKED_MAX_MS, outageMs)
    case 'unanswered':
      return outageMs
  }
}

async function check(
  kms: VolumeKms,
  { runtime, name }: Watching,
): Promise<VolumeError | 'closed' | undefined> {
  try {
    const volume = await findOpenVolume(runtime, name)
    if (volume === undefined || !(await isStillOpen(runtime, volume))) return 'closed'
    const { token } = tokenOf(await readHeader(volume.device), volume.volumeId)
    await mayUnwrap(kms, token, volume.grant?.token)
    return undefined
  } catch (error) {
    if (error instanceof VolumeError) return error
    return new VolumeError('machine', 'the volume cannot be checked', { cause: error })
  }
}

/**
 * A grant of a key that is refused cannot be retired now: it stays with the name of the volume.
 *
 * @throws when the volume is still open.
 */
async function closeForGood(kms: VolumeKms, { runtime, name, opened }: Watching): Promise<void> {
  try {
    await detachVolume(async () => kms, { runtime, name, force: true })
  } catch (error) {
    let volume: OpenVolume | undefined
    try {
      volume = await findOpenVolume(runtime, name)
    } catch {
      // What is known about the volume cannot be read any more: what stays of it is for the operator.
      if (opened.backend === undefined) throw error
      await closeBackend(opened.backend, { name, folder: join(runtime, name) }, { force: true })
      return
    }
    if (volume?.backend !== undefined) throw error
  }
}
