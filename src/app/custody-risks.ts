import { type BackupStateValue, readBackupState } from '../backup/backup-records.ts'
import { VERSION } from '../base/version.ts'
import type { CustodyRisk } from '../compliance/report.ts'
import type { Config } from '../config/settings.ts'
import type { Records } from '../store/records.ts'
import type { ServerStatus } from '../usage-api/server-status.ts'
import { askAtTerminal } from './root-key.ts'
import { listPaths } from './seal.ts'
import { sealRisks } from './seal-risks.ts'

const DAY_MS = 86_400_000
/** A backup is old after this time, and so is a rehearsal after twice that. */
const OLD_MS = 7 * DAY_MS

type Known = {
  readonly backup?: BackupStateValue['backup'] | null
  readonly rehearsal?: BackupStateValue['rehearsal'] | null
}

/** What is risky about the unlock paths and the backups of a deployment: for reports. */
export async function custodyRisks(
  config: Config,
  records: Records,
  now: number,
): Promise<readonly CustodyRisk[]> {
  const paths = await listPaths(config, askAtTerminal)
  return [...sealRisks(paths, now), ...backupRisks(await readBackupState(records), now)]
}

/** What a server says about itself to operators. */
export async function serverStatus(config: Config, records: Records, now: number): Promise<ServerStatus> {
  const paths = await listPaths(config, askAtTerminal)
  const { backup, rehearsal } = await readBackupState(records)
  return {
    ...{ release: VERSION, unlockPaths: paths ?? [], backup, rehearsal },
    risks: [...sealRisks(paths, now), ...backupRisks({ backup, rehearsal }, now)],
  }
}

/** What is risky about the backups of a deployment; each in one sentence. */
export function backupRisks({ backup, rehearsal }: Known, now: number): readonly CustodyRisk[] {
  const isOld = (at: string, ageMs: number): boolean => now - Date.parse(at) > ageMs
  if (backup === undefined || backup === null)
    return [{ severity: 'medium', text: 'there is no backup that holdfast backup create has made' }]
  const risks: CustodyRisk[] = []
  if (isOld(backup.at, OLD_MS))
    risks.push({ severity: 'medium', text: `the last backup is of ${backup.at}: holdfast backup create` })
  if (rehearsal === undefined || rehearsal === null || isOld(rehearsal.at, 2 * OLD_MS))
    risks.push({
      severity: 'medium',
      text: `no restore was rehearsed with success ${rehearsal?.at === undefined ? 'yet' : `since ${rehearsal.at}`}: holdfast backup rehearse`,
    })
  return risks
}
