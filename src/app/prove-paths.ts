import { join } from 'node:path'
import type { Announce } from '../audit/events/announcement.ts'
import { type OwnEventDependencies, provePathEvent } from '../audit/events/own-events.ts'
import type { Journal } from '../audit/log/journal.ts'
import type { Log } from '../base/log.ts'
import { systemClock } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import { notePathProved } from '../custody/roots/change.ts'
import { checkMac, type Envelope, type UnlockPath } from '../custody/roots/envelope.ts'
import { isUnattended, openPath, PATH_TIMEOUT_MS, reasonOf } from '../custody/roots/unlock.ts'
import type { Job } from '../jobs/scheduler.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import { askAtTerminal, changingPaths, findEnvelope, putEnvelope, sealDependencies } from './root-key.ts'

/** How often the server looks for paths whose proof is due. */
const INTERVAL_MS = 3_600_000
/** The age at which a proof is repeated. */
const PROOF_AGE_MS = 604_800_000
/** How long after a failure a path is tried again. */
const FAILURE_AGE_MS = 86_400_000
/** The lock of the process that proves paths; held until it ends. */
const LOCK_FILE = 'prove.lock'

type Dependencies = {
  readonly journal: Pick<Journal, 'append'>
  readonly own: OwnEventDependencies
  readonly announce: Announce
  readonly log: Log
}

/** The job, which ends after the path that it tries. */
type ProvePathsJob = Job & {
  readonly stop: () => void
  /** Called when no run is in progress. */
  readonly release: () => void
}

/**
 * The job that proves each unattended path once a week, and soon after each change of the paths: the server opens the
 * root key by it as a start would, with its own settings and permissions.
 */
export function provePathsJob(config: Config, dependencies: Dependencies): ProvePathsJob {
  const failed = new Map<string, number>()
  let stopped = false
  let lock: FileLock | undefined
  return {
    name: 'unlock paths',
    everyMs: INTERVAL_MS,
    run: async () => {
      const envelope = (await findEnvelope(config))?.envelope
      // Each start proves the path of a deployment that has no other.
      if (envelope === undefined || envelope.paths.every(({ type }) => type === 'file')) return
      lock ??= claimFileLock(join(config.data, LOCK_FILE))
      if (lock === undefined) return
      for (const path of duePaths(config, envelope, failed)) {
        if (stopped) return
        const reason = await provePath(config, dependencies, envelope, path)
        if (reason === undefined) failed.delete(path.id)
        else failed.set(path.id, systemClock.now())
      }
    },
    stop: () => {
      stopped = true
    },
    release: () => lock?.release(),
  }
}

function duePaths(
  config: Config,
  { paths, changes }: Envelope,
  failed: ReadonlyMap<string, number>,
): readonly UnlockPath[] {
  const now = systemClock.now()
  const { methods } = sealDependencies(config, askAtTerminal)
  return paths.filter((path) => {
    const { id, proved } = path
    if (!isUnattended(methods, path) || now - (failed.get(id) ?? 0) < FAILURE_AGE_MS) return false
    return proved === undefined || proved.change !== changes || now - Date.parse(proved.at) >= PROOF_AGE_MS
  })
}

/** Returns why the path did not open. */
async function provePath(
  config: Config,
  { journal, own, announce, log }: Dependencies,
  envelope: Envelope,
  path: UnlockPath,
): Promise<string | undefined> {
  const { name, type, id } = path
  try {
    using root = await openPath(sealDependencies(config, askAtTerminal), envelope, path, PATH_TIMEOUT_MS)
    // The paths may have changed meanwhile.
    await changingPaths(config, async () => {
      const signed = await findEnvelope(config)
      if (signed?.envelope.paths.some((one) => one.id === id) !== true) return
      // A proof must not sign what somebody has edited.
      checkMac(signed, root)
      await putEnvelope(config, notePathProved(signed.envelope, name, systemClock), root)
    })
  } catch (error) {
    const reason = reasonOf(error)
    log.warn('an unlock path does not open the root key', { path: name, type, reason })
    await announce({ name: 'FailUnlockPath', details: { path: name, type, reason } })
    return reason
  }
  log.info('an unlock path opens the root key', { path: name, type })
  await journal.append(provePathEvent(own, { path: name, type }))
  return undefined
}
