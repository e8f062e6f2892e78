import type { Announce } from '../audit/events/announcement.ts'
import type { Log } from '../base/log.ts'
import { systemClock } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import type { Envelope } from '../custody/roots/envelope.ts'
import type { AskPassphrase } from '../custody/roots/passphrase.ts'
import { SealError } from '../custody/roots/root.ts'
import { reasonOf } from '../custody/roots/unlock.ts'
import type { Job } from '../jobs/scheduler.ts'
import { findEnvelope } from './root-key.ts'
import { rotateRoot } from './rotate-root.ts'

/** How often the server looks whether the root key is due. */
const INTERVAL_MS = 3_600_000
/** How long after a failure it tries again. */
const FAILURE_AGE_MS = 86_400_000

type Dependencies = { readonly announce: Announce; readonly log: Log }

/** The job, which can be interrupted at any moment. */
export type RotationJob = Job & { readonly stop: () => void }

const nobody: AskPassphrase = () =>
  Promise.reject(new SealError('it needs a person: holdfast rotate root asks for what it needs'))

/**
 * The job that rotates the root key when it has reached the age of the setting, and that continues a rotation which
 * was interrupted. It needs unlock paths that open by themselves.
 */
export function rotationJob(config: Config, { announce, log }: Dependencies): RotationJob {
  const state = { stopped: false, failedAt: 0 }
  return {
    name: 'rotation of the root key',
    everyMs: INTERVAL_MS,
    run: async () => {
      const envelope = (await findEnvelope(config))?.envelope
      if (envelope === undefined || !isDue(config, envelope)) return
      if (systemClock.now() - state.failedAt < FAILURE_AGE_MS) return
      try {
        await rotateRoot(config, log, nobody, {
          endSessions: false,
          progress: () => {
            if (state.stopped) throw new SealError('the server ends; its next start goes on')
          },
        })
      } catch (error) {
        const reason = reasonOf(error)
        log.warn('the root key was not rotated', { reason })
        if (state.stopped) return
        state.failedAt = systemClock.now()
        await announce({ name: 'FailRootKeyRotation', details: { reason } })
      }
    },
    stop: () => {
      state.stopped = true
    },
  }
}

function isDue({ seal }: Config, { rotation, paths }: Envelope): boolean {
  if (rotation?.state === 'under way') return true
  if (seal.rootKeyAgeMs === undefined) return false
  const times = rotation === undefined ? paths.map(({ createdAt }) => createdAt) : [rotation.at]
  return systemClock.now() - Math.min(...times.map((time) => Date.parse(time))) >= seal.rootKeyAgeMs
}
