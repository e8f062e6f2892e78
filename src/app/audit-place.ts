import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { segmentFiles, withArchives } from '../audit/archive/segment-files.ts'
import { type AuditFiles, systemFiles } from '../audit/log/files.ts'
import { claimOfPath } from '../audit/log/slot.ts'
import { parseJsonText } from '../base/json-text.ts'
import { UsageError } from '../base/usage-error.ts'
import { VERSION } from '../base/version.ts'
import { formatAddress } from '../config/places.ts'
import type { Config } from '../config/settings.ts'
import { type Claim, JOBS_CLAIM } from '../store/claim.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import type { PostgresPlace } from '../store/postgres-shared.ts'
import { placeOf } from './store.ts'

/** The folder of the audit log, within the data folder. */
export const AUDIT_FOLDER = 'audit'

/** A process of a fleet that writes to the audit log. */
export type FleetNode = Pick<Claim, 'owner' | 'beats'> & {
  readonly node: string
  readonly host: string
  readonly pid: number
  readonly release: string
  readonly listen: string
  /** Whether it does the work that one process does for all. */
  readonly jobs: boolean
}

/** Where the audit log is: in a data folder, or in the database of a fleet. */
export type AuditPlace = {
  /** The files as they are. */
  readonly files: AuditFiles
  /** The segments, archived or not. */
  readonly segments: AuditFiles
  /** Claims the log of a node by the path of its lock; nothing when another process has it. */
  readonly claimLock: (path: string) => FileLock | undefined | Promise<FileLock | undefined>
  /** Nodes whose processes have ended without closing their logs. */
  readonly ended: () => readonly string[]
  /** The processes of a fleet; nothing in a data folder. */
  readonly nodes: (() => Promise<readonly FleetNode[]>) | undefined
  /** Makes this process one of those that do the work of all. */
  readonly lead: () => void
  /** Whether this process does what one process does for all machines. */
  readonly leads: () => boolean
  /** Resolves when another process has taken over the log of this one, which must end. */
  readonly lost: Promise<string>
  /** The database of a fleet, for threads. */
  readonly database: PostgresPlace | undefined
  readonly close: () => Promise<void>
}

const EMBEDDED: AuditPlace = {
  files: systemFiles,
  segments: segmentFiles,
  claimLock: claimFileLock,
  ended: () => [],
  nodes: undefined,
  lead: () => {},
  leads: () => true,
  lost: new Promise(() => {}),
  database: undefined,
  close: async () => {},
}

/** Opens the place of the audit log. @throws UsageError. */
export async function openAuditPlace(config: Config): Promise<AuditPlace> {
  const { store, archive, data, listen } = config
  if (store.engine === 'embedded' || !store.fleet) return EMBEDDED
  if (archive.ageMs !== undefined || archive.sizeBytes !== undefined)
    throw new UsageError(
      '--audit-live-days and --audit-live-mib: the audit log of a fleet stays in the database; unset them',
    )
  const { openShared } = await import('../store/postgres-shared.ts')
  const place = await placeOf(store)
  const about = { host: hostname(), pid: process.pid, release: VERSION, listen: formatAddress(listen) }
  const options = { place, folder: join(data, AUDIT_FOLDER), claimOf: claimOfPath }
  const shared = openShared(options, JSON.stringify(about))
  return {
    files: shared.files,
    segments: withArchives(shared.files),
    claimLock: (path) => shared.claim(basename(dirname(path))),
    ended: shared.ended,
    nodes: async () => describeNodes(await shared.claims()),
    lead: shared.lead,
    leads: shared.leads,
    lost: shared.lost,
    database: place,
    close: shared.close,
  }
}

function describeNodes(claims: readonly Claim[]): readonly FleetNode[] {
  const worker = claims.find(({ name }) => name === JOBS_CLAIM)?.owner
  return claims
    .filter(({ name }) => claimOfPath(name) !== undefined)
    .map(({ name, owner, beats, about }) => ({
      ...{ node: name, owner, beats, jobs: owner === worker },
      ...parseAbout(about),
    }))
}

/** What a process of Holdfast has written about itself. */
function parseAbout(text: string): Pick<FleetNode, 'host' | 'pid' | 'release' | 'listen'> {
  return parseJsonText(text) as Pick<FleetNode, 'host' | 'pid' | 'release' | 'listen'>
}
