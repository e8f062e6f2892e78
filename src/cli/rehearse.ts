import { join, resolve } from 'node:path'
import { recordRehearsal } from '../app/backup.ts'
import { isDataFolder } from '../app/deployment.ts'
import { type RehearsedBackup, rehearse } from '../app/rehearse.ts'
import { askAtTerminal } from '../app/root-key.ts'
import { listBackups } from '../backup/folder.ts'
import { BackupError } from '../backup/format.ts'
import { REPORTS_FOLDER } from '../compliance/report-names.ts'
import { ConfigError } from '../config/setting.ts'
import { SealError } from '../custody/roots/root.ts'
import { givenBackup, withBackupDependencies } from './backup.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast backup rehearse`: restores a backup in a process of its own, and proves every key. */
export async function rehearseBackup(input: CommandInput): Promise<number> {
  const { config, flags, switches, progress } = input
  const isUnattended = switches.has('unattended')
  const hasData = isDataFolder(config)
  const { work, reports } = flags
  if (!hasData && (work === undefined || reports === undefined))
    throw new ConfigError('--work: expected it and --reports, because there is no data folder; got nothing')
  const file = await fileOf(input)
  progress.report('rehearsing a restore')
  try {
    const rehearsed = await rehearse(config, {
      file,
      work,
      reports: resolve(reports ?? join(config.data, REPORTS_FOLDER)),
      keyFile: flags['key-file'],
      ask: isUnattended ? undefined : askAtTerminal,
    })
    const { rehearsal } = rehearsed
    if (hasData && !isUnattended)
      await withBackupDependencies(input, (dependencies) => recordRehearsal(config, dependencies, rehearsal))
    return report(input, rehearsed)
  } catch (error) {
    if (!(error instanceof BackupError) && !(error instanceof SealError)) throw error
    const facts = { backup: '', keys: 0, keyMaterials: 0, records: 0, events: 0, unlockPath: '', seconds: 0 }
    const failed = { succeeded: false, problem: error.message, failures: [], files: [], verifierKey: null }
    printResult(input, { ...facts, ...failed }, () => [])
    if (!input.json) input.output.complain(`${file}: ${error.message}`)
    return EXIT_FAILURE
  }
}

async function fileOf({ config, flags }: CommandInput): Promise<string> {
  const given = flags['file']
  if (given !== undefined) return givenBackup('--file', given)
  const folder = config.backup.folder
  const newest = folder === undefined ? undefined : (await listBackups(resolve(folder))).at(-1)
  if (newest !== undefined) return newest.path
  throw new ConfigError(
    '--file: expected the file of a backup, or HOLDFAST_BACKUP_FOLDER with one; got nothing',
  )
}

function report(input: CommandInput, { rehearsal, files, verifierKey }: RehearsedBackup): number {
  const { backup, succeeded, keys, keyMaterials, records, events, unlockPath, seconds, failures } = rehearsal
  const facts = { backup, succeeded, keys, keyMaterials, records, events, unlockPath, seconds, failures }
  printResult(input, { ...facts, problem: null, files, verifierKey }, () => [
    succeeded
      ? `rehearsed: ${keys} keys with ${keyMaterials} key materials open, ${records} records, ${events} events, in ${seconds} s`
      : `FAILED: ${failures.length} of ${keys} keys do not open`,
    ...failures.map(({ arn, failure }) => `  ${arn}: ${failure}`),
    ...files,
  ])
  printNext(input, `holdfast report verify ${files[0]} --verifier-key ${verifierKey} checks the report`)
  return succeeded ? 0 : EXIT_FAILURE
}
