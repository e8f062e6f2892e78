import { join } from 'node:path'
import type { Journal } from '../audit/log/journal.ts'
import { IndexThread } from '../audit-index/thread/index-thread.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import {
  openTrailService,
  type TrailService,
  type TrailServiceDependencies,
} from '../cloudtrail/trail-service.ts'
import type { Config } from '../config/settings.ts'
import { insightsData } from '../jobs/insights.ts'
import {
  type EventService,
  type EventServiceDependencies,
  openEventService,
} from '../notifications/notification-service.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import {
  AUDIT_FOLDER,
  type Deployment,
  INDEX_FOLDER,
  INSIGHTS_FOLDER,
  listAccounts,
  openEventsFolder,
  ownEventDependencies,
} from './deployment.ts'

/** The lock of the process that delivers trails. */
const TRAILS_LOCK_FILE = 'trails.lock'

type WithPlace = Pick<Deployment, 'auditPlace'>

/** Claims work that one process does: one of this folder, and in a fleet one of all machines. */
function claimWork({ leads }: WithPlace['auditPlace'], path: string): FileLock | undefined {
  return leads() ? claimFileLock(path) : undefined
}

/** Opens the service of trails, which delivers them in one process. */
export function openTrails(
  config: Config,
  {
    auditPlace,
    ...dependencies
  }: Pick<TrailServiceDependencies, 'records' | 'index' | 'log' | 'destination'> & WithPlace,
): TrailService {
  return openTrailService({
    ...dependencies,
    clock: systemClock,
    random: systemRandom,
    accounts: () => listAccounts(dependencies.records),
    claimLock: () => claimWork(auditPlace, join(config.data, TRAILS_LOCK_FILE)),
  })
}

/** Opens the service of events, which sends them from one process. */
export async function openEvents(
  config: Config,
  {
    auditPlace,
    ...dependencies
  }: Pick<EventServiceDependencies, 'records' | 'index' | 'log' | 'endpoints'> &
    WithPlace & { readonly journal: Journal },
): Promise<EventService> {
  const { events, region } = config
  return openEventService({
    ...dependencies,
    ...ownEventDependencies(config),
    sleep: systemSleep,
    node: dependencies.journal.node,
    append: (json) => dependencies.journal.append(json),
    folder: await openEventsFolder(config, dependencies.endpoints),
    claimLock: (path) => claimWork(auditPlace, path),
    region,
    recentUseDays: events.recentUseDays,
  })
}

/** Starts the thread that derives the index from the audit log. */
export function openIndexThread(
  config: Config,
  { auditKey: key, auditPlace }: Pick<Deployment, 'auditKey' | 'auditPlace'>,
  log: Log,
): IndexThread {
  const folder = join(config.data, INDEX_FOLDER)
  const insights = insightsData(config.insights, join(config.data, INSIGHTS_FOLDER))
  const auditFolder = join(config.data, AUDIT_FOLDER)
  const { database } = auditPlace
  return new IndexThread({ folder, auditFolder, key, insights, database }, log, systemTimers)
}
