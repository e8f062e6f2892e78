import type { Command } from '../command.ts'
import { UNLOCK_SETTINGS } from '../unlock-settings.ts'
import { FILE, FOLDER, wholeNumber } from '../values.ts'

const UNLOCKING = ['data', ...UNLOCK_SETTINGS] as const
const KEY_FILE = {
  about:
    'A copy of root.key, for backups with the unlock path file; the default is root.key of the data folder',
  takes: FILE,
}

const BACKUP_SHAPE = {
  id: 'string',
  deployment: 'string',
  createdAt: 'string',
  release: 'string',
  base: 'string or null',
  records: 'number',
  files: 'number',
} as const

const LOST_SHAPE = {
  at: 'string',
  service: 'string',
  operation: 'string',
  by: 'string',
  resources: ['string'],
  eventId: 'string',
} as const

/** The commands that make, check and restore backups. */
export const BACKUP_COMMANDS: readonly Command[] = [
  {
    name: 'backup create',
    about: 'Back up the data folder, beside a running server or without one, into one encrypted file',
    details: [
      'The file has the records, the audit log and the envelope of the root key. Any one unlock path of the envelope opens it.',
      'In a folder that has a whole backup, a further one has only what the audit log has gained, and continues the whole one: keep them in one folder.',
      'For the unlock path file, keep a copy of root.key elsewhere: the backup does not have it.',
    ],
    options: {
      folder: {
        about: 'The folder of the backups; the default is HOLDFAST_BACKUP_FOLDER',
        takes: FOLDER,
      },
      stdout: { about: 'Write a whole backup to standard output instead' },
      whole: { about: 'Repeat the whole audit log' },
      keep: {
        about: 'How many backups stay in the folder; the default is HOLDFAST_BACKUP_KEEP',
        takes: wholeNumber('NUMBER', 1, 10_000),
      },
    },
    settings: [...UNLOCKING, 'account', 'backup-folder', 'backup-keep'],
    examples: [
      { line: 'holdfast backup create --folder /mnt/backups', about: 'Back up ./data' },
      {
        line: 'holdfast backup create --stdout | ssh vault "cat > /srv/holdfast.backup"',
        about: 'Back up to another machine',
      },
    ],
    json: {
      shape: {
        id: 'string',
        file: 'string or null',
        sizeBytes: 'number',
        base: 'string or null',
        removed: ['string'],
      },
    },
    slow: true,
    run: async (input) => (await import('../backup.ts')).createBackup(input),
  },
  {
    name: 'backup verify',
    about: 'Read a backup to its end, and check every byte and every record',
    details: ['The exit status is 1 when the backup is damaged, cut off, or does not open.'],
    operands: [{ about: 'The file of the backup', takes: FILE }],
    options: { 'key-file': KEY_FILE },
    settings: UNLOCKING,
    examples: [
      {
        line: 'holdfast backup verify /mnt/backups/holdfast.backup',
        about: 'Check a backup',
      },
    ],
    json: { shape: { ...BACKUP_SHAPE, intact: 'boolean', problem: 'string or null' } },
    slow: true,
    run: async (input) => (await import('../backup.ts')).verifyBackupFile(input),
  },
  {
    name: 'backup rehearse',
    about: 'Restore a backup into a folder of its own, and prove that every key opens',
    details: [
      'The command opens the restored folder by its unlock paths as a start does, proves the key material of every key, checks the chain of the audit log, writes a signed report, and removes the folder.',
      'The exit status is 1 when the backup cannot be restored, or a key does not open.',
    ],
    options: {
      file: {
        about: 'The file of the backup; the default is the newest one of HOLDFAST_BACKUP_FOLDER',
        takes: FILE,
      },
      'key-file': KEY_FILE,
      work: {
        about: 'The folder of the restored copy; the default is one in the data folder',
        takes: FOLDER,
      },
      reports: {
        about: 'The folder of the report; the default is reports in the data folder',
        takes: FOLDER,
      },
      unattended: { about: 'Ask nobody for a passphrase, and leave it to the server to record the outcome' },
    },
    settings: [...UNLOCKING, 'account', 'backup-folder'],
    examples: [
      {
        line: 'holdfast backup rehearse --file /mnt/backups/holdfast.backup',
        about: 'Rehearse a restore',
      },
    ],
    json: {
      shape: {
        backup: 'string',
        succeeded: 'boolean',
        problem: 'string or null',
        keys: 'number',
        keyMaterials: 'number',
        records: 'number',
        events: 'number',
        unlockPath: 'string',
        seconds: 'number',
        failures: [{ arn: 'string', failure: 'string' }],
        files: ['string'],
        verifierKey: 'string or null',
      },
    },
    slow: true,
    run: async (input) => (await import('../rehearse.ts')).rehearseBackup(input),
  },
  {
    name: 'restore',
    about: 'Restore a backup into a new data folder, and list the changes that are lost',
    details: [
      'The data folder must not exist, or must be empty. Nothing serves from it before holdfast restore accept.',
      'Without --audit, the command knows of changes after the backup only what the log in the backup says.',
    ],
    operands: [{ about: 'The file of the backup', takes: FILE }],
    options: {
      'key-file': {
        about: 'A copy of root.key, for backups with the unlock path file; the new folder gets a copy of it',
        takes: FILE,
      },
      audit: {
        about: 'A newer copy of the audit folder: shows what is lost, and becomes the restored log',
        takes: FOLDER,
      },
      'keep-deleted': {
        about: 'Restore key material also of keys that were deleted after the backup',
      },
    },
    settings: UNLOCKING,
    examples: [
      {
        line: 'holdfast restore holdfast.backup --data restored --key-file offline/root.key --audit old/audit',
        about: 'Restore, with the audit log of the old folder',
      },
    ],
    json: {
      shape: {
        ...BACKUP_SHAPE,
        data: 'string',
        events: 'number',
        lostChanges: 'number',
        lost: [LOST_SHAPE],
        destroyedKeys: ['string'],
      },
    },
    slow: true,
    run: async (input) => (await import('../restore.ts')).restore(input),
  },
  {
    name: 'restore accept',
    about: 'Accept a restored data folder with what it lacks, and record that',
    details: ['Afterwards the server starts on it. Never run the old folder again.'],
    settings: ['data', 'account'],
    examples: [{ line: 'holdfast restore accept --data restored', about: 'Accept a restored folder' }],
    json: { shape: { backup: 'string', createdAt: 'string', lostChanges: 'number' } },
    run: async (input) => (await import('../restore.ts')).acceptRestore(input),
  },
  {
    name: 'witness accept',
    about: 'Accept a data folder that lacks what its witness knows, and record that',
    details: ['For a folder that was restored or put back to an earlier state on purpose.'],
    settings: ['data', 'account', 'witness'],
    examples: [
      {
        line: 'holdfast witness accept --witness /mnt/other/holdfast.witness',
        about: 'Accept the folder ./data',
      },
    ],
    json: { shape: { missing: ['string'] } },
    run: async (input) => (await import('../witness.ts')).acceptWitness(input),
  },
]
