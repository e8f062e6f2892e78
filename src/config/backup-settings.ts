import { type Given, parseWithin, pathSetting, read, setting } from './setting.ts'

/** Where backups go, and which stay. */
export type BackupConfig = {
  readonly folder: string | undefined
  /** How many backups stay in the folder; nothing for all. */
  readonly keep: number | undefined
}

const KEEP_MAX = 10_000

/** The settings of backups. */
export const BACKUP_SETTINGS = {
  backupFolder: pathSetting({
    variable: 'HOLDFAST_BACKUP_FOLDER',
    flag: 'backup-folder',
    about: 'the folder of backups, on another disk or machine',
  }),
  backupKeep: setting({
    variable: 'HOLDFAST_BACKUP_KEEP',
    flag: 'backup-keep',
    byDefault: undefined,
    about:
      'how many backups stay in the folder; a whole one that a kept one continues stays too; without it, all',
    expected: `a whole number from 1 to ${KEEP_MAX}`,
    parse: (text) => parseWithin(text, 1, KEEP_MAX),
  }),
}

/** @throws ConfigError. */
export function parseBackup(given: Given): BackupConfig {
  return {
    folder: read(BACKUP_SETTINGS.backupFolder, given),
    keep: read(BACKUP_SETTINGS.backupKeep, given),
  }
}
