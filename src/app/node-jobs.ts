import { join } from 'node:path'
import type { DiskReserve } from '../audit/log/disk-reserve.ts'
import type { Journal } from '../audit/log/journal.ts'
import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import { indexedUpTo, treeGrower } from '../audit-index/thread/read-log.ts'
import type { BackupKeys } from '../backup/create.ts'
import { systemClock, systemTimers } from '../base/ports.ts'
import type { TrailService } from '../cloudtrail/trail-service.ts'
import type { Config } from '../config/settings.ts'
import type { Ed25519Key } from '../crypto/ed25519.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import type { KeyUses } from '../iam/credentials/key-uses.ts'
import { archiveJob } from '../jobs/archive.ts'
import { checkpointJob } from '../jobs/checkpoints.ts'
import { connectionJob, tokenDisposalJob } from '../jobs/connection.ts'
import { insightsJob } from '../jobs/insights.ts'
import { doWhatIsDue, type LifecycleDependencies } from '../jobs/lifecycle.ts'
import { type Job, type Scheduler, startJobs } from '../jobs/scheduler.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import { planDue } from '../kms/lifecycle/due-plan.ts'
import type { NodeMeters } from '../metrics/node-meters.ts'
import type { EventService } from '../notifications/notification-service.ts'
import { adoptionJob, outboxJob } from './adoption-jobs.ts'
import { archiveDependencies } from './archive.ts'
import type { AuditPlace } from './audit-place.ts'
import { backupJob } from './backup-job.ts'
import { AUDIT_FOLDER, journalDependencies, ownEventDependencies } from './deployment.ts'
import { provePathsJob } from './prove-paths.ts'
import { rotationJob } from './rotation-job.ts'
import { witnessJob } from './witnessed.ts'

/** How often the server checks for due rotations, deletions and expiries. */
const LIFECYCLE_INTERVAL_MS = 1000
/** How often last uses of access keys are written. */
const KEY_USE_INTERVAL_MS = 60_000
/** How often the server checks whether the disk is full. */
const RESERVE_INTERVAL_MS = 500

/** What the scheduled work of a node uses. */
export type JobDependencies = {
  readonly kms: KmsDependencies
  readonly journal: Journal
  readonly index: IndexThread
  readonly auditKey: HmacKey
  readonly auditPlace: AuditPlace
  readonly checkpointKey: Ed25519Key
  readonly backupKeys: () => readonly BackupKeys[]
  readonly keyUses: KeyUses
  readonly trails: TrailService
  readonly events: EventService
  readonly meters: NodeMeters
  readonly reserve: DiskReserve
}

/** Starts the scheduled work of a node, apart from calls. */
export function startNodeJobs(config: Config, dependencies: JobDependencies): Scheduler {
  const { kms, journal, index, keyUses, trails, events, meters, reserve } = dependencies
  const { log } = meters
  const deployment = { ...dependencies, records: kms.records }
  const { auditPlace } = dependencies
  auditPlace.lead()
  const checkpoints = checkpointJob({
    records: kms.records,
    files: auditPlace.files,
    folder: join(config.data, AUDIT_FOLDER),
    signingKey: dependencies.checkpointKey,
    grow: treeGrower(index),
    random: kms.random,
    log,
  })
  const logs = { ...journalDependencies(config, deployment), log }
  const own = ownEventDependencies(config)
  const provePaths = provePathsJob(config, { journal, own, announce: events.announce, log })
  const rotation = rotationJob(config, { announce: events.announce, log })
  const backups = backupJob(config, {
    records: kms.records,
    journal,
    keys: dependencies.backupKeys,
    giveWay: kms.giveWay,
    announce: events.announce,
    log,
  })
  const scheduler = startJobs(
    events.watched([
      lifecycleJob(kms, journal, meters),
      connectionJob({ ...kms, log }),
      tokenDisposalJob({ ...kms, log }),
      onceForAll(auditPlace, checkpoints),
      keyUseJob(keyUses),
      { name: 'disk reserve', everyMs: RESERVE_INTERVAL_MS, run: () => reserve.check() },
      trails.delivery,
      archiveJob(archiveDependencies({ config, deployment, journal, indexed: indexedUpTo(index), log })),
      onceForAll(auditPlace, insightsJob({ index, journal, log })),
      adoptionJob(auditPlace, logs),
      outboxJob(auditPlace, logs, journal.node),
      provePaths,
      rotation,
      backups,
      witnessJob(config, deployment),
      ...events.jobs,
    ]),
    { timers: systemTimers, log, ended: meters.jobEnded },
  )
  return {
    stop: async () => {
      provePaths.stop()
      rotation.stop()
      backups.stop()
      await scheduler.stop()
      provePaths.release()
      backups.release()
    },
  }
}

function lifecycleJob(kms: KmsDependencies, journal: Journal, { log, dueEnded }: NodeMeters): Job {
  const { records, custody, random } = kms
  const dependencies: LifecycleDependencies = {
    records,
    journal,
    plan: (due, now) => planDue(kms, due, now),
    forget: (materialId) => custody.forget(materialId),
    clock: systemClock,
    random,
    log,
    ended: dueEnded,
  }
  return { name: 'key lifecycle', everyMs: LIFECYCLE_INTERVAL_MS, run: () => doWhatIsDue(dependencies) }
}

/** A job that runs in one process of all machines. */
function onceForAll({ leads }: AuditPlace, job: Job): Job {
  return { ...job, run: async () => void (leads() && (await job.run())) }
}

function keyUseJob(keyUses: KeyUses): Job {
  return { name: 'last uses of access keys', everyMs: KEY_USE_INTERVAL_MS, run: () => keyUses.write() }
}
