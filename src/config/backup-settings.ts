import { ConfigError, type Given, need, parseWithin, pathSetting, read, setting } from './setting.ts'

/** Where backups go, and which stay. */
export type BackupConfig = {
  readonly folder: string | undefined
  /** How many backups stay in the folder; nothing for all. */
  readonly keep: number | undefined
  /** How often the server makes a backup; nothing for never. */
  readonly everyMs: number | undefined
  /** How often the server rehearses a restore. */
  readonly rehearseMs: number
  /** The file that witnesses how far the audit logs go. */
  readonly witness: string | undefined
}

const KEEP_MAX = 10_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** A month: a longer time is no schedule. */
const HOURS_MAX = 744
const DAYS_MAX = 365

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
  backupHours: setting({
    variable: 'HOLDFAST_BACKUP_HOURS',
    flag: 'backup-hours',
    byDefault: undefined,
    about: 'hours between backups that the server makes in the folder of backups; without it, it makes none',
    expected: `a whole number from 1 to ${HOURS_MAX}`,
    parse: (text) => parseWithin(text, 1, HOURS_MAX),
  }),
  backupRehearseDays: setting({
    variable: 'HOLDFAST_BACKUP_REHEARSE_DAYS',
    flag: 'backup-rehearse-days',
    byDefault: '7',
    about: 'days between rehearsals of a restore that the server makes, while HOLDFAST_BACKUP_HOURS is set',
    expected: `a whole number from 1 to ${DAYS_MAX}`,
    parse: (text) => parseWithin(text, 1, DAYS_MAX),
  }),
  witness: pathSetting({
    variable: 'HOLDFAST_WITNESS',
    flag: 'witness',
    about:
      'a file on another machine or disk, in which the server notes how far the audit log goes; a start that lacks any of that is refused',
  }),
}

/** @throws ConfigError. */
export function parseBackup(given: Given): BackupConfig {
  const hours = read(BACKUP_SETTINGS.backupHours, given)
  const folder = read(BACKUP_SETTINGS.backupFolder, given)
  if (hours !== undefined && folder === undefined)
    throw new ConfigError('HOLDFAST_BACKUP_HOURS: set HOLDFAST_BACKUP_FOLDER too')
  return {
    folder,
    keep: read(BACKUP_SETTINGS.backupKeep, given),
    everyMs: hours === undefined ? undefined : hours * HOUR_MS,
    rehearseMs: need(BACKUP_SETTINGS.backupRehearseDays, given) * DAY_MS,
    witness: read(BACKUP_SETTINGS.witness, given),
  }
}
