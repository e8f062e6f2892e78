import { once } from 'node:events'
import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type BackupDependencies, backUpToFolder, backUpToStream, type MadeBackup } from '../app/backup.ts'
import { openDeployment, openNodeJournal } from '../app/deployment.ts'
import { type VerifiedBackup, verifyBackup } from '../app/restore.ts'
import { askAtTerminal } from '../app/root-key.ts'
import { BackupError } from '../backup/format.ts'
import { usingGiven } from '../base/given-file.ts'
import { neverGiveWay } from '../base/slices.ts'
import { ConfigError } from '../config/setting.ts'
import { SealError } from '../custody/roots/root.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast backup create`: makes a backup in a folder, or on standard output. */
export async function createBackup(input: CommandInput): Promise<number> {
  const { config, flags, switches, json, progress } = input
  requireDataFolder(config)
  const toStream = switches.has('stdout')
  if (toStream && (json || flags['folder'] !== undefined))
    throw new ConfigError('--stdout: expected neither --folder nor --json beside it; got both')
  const folder = flags['folder'] ?? config.backup.folder
  if (!toStream && folder === undefined)
    throw new ConfigError('--folder: expected the path of a folder, or --stdout; got nothing')
  progress.report('backing up')
  const made = await withBackupDependencies(input, (dependencies) => {
    if (folder === undefined || toStream) return backUpToStream(config, dependencies, writeOut)
    const keep = flags['keep'] === undefined ? config.backup.keep : Number(flags['keep'])
    const isWhole = switches.has('whole')
    return backUpToFolder(config, dependencies, { folder: resolve(folder), isWhole, keep })
  })
  if (!toStream) print(input, made)
  return 0
}

function print(input: CommandInput, { id, path, sizeBytes, base, removed }: MadeBackup): void {
  const shown = { id, file: path ?? null, sizeBytes, base: base ?? null, removed }
  printResult(input, shown, () => [
    `${path ?? id}: ${sizeBytes} bytes${base === undefined ? '' : `, continues ${base}`}`,
    ...removed.map((one) => `removed ${one}`),
  ])
  printNext(input, 'holdfast backup verify FILE checks it; keep copies on another machine')
}

/** Opens the data folder beside a server, for a command that backs up or rehearses. */
export async function withBackupDependencies<T>(
  { config }: CommandInput,
  use: (dependencies: BackupDependencies) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config)
  const { records, wrappingKey, backupKeys: keys } = deployment
  wrappingKey[Symbol.dispose]()
  stack.defer(() => records.close())
  const journal = await openNodeJournal(config, deployment, { log: openLog() })
  stack.defer(() => journal.close())
  return await use({ keys, records, journal, giveWay: neverGiveWay })
}

async function writeOut(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
}

/** `holdfast backup verify`: reads a backup to its end. */
export async function verifyBackupFile(input: CommandInput): Promise<number> {
  const { config, operands, flags, progress } = input
  const [file = ''] = operands
  progress.report('verifying the backup')
  try {
    const read = await verifyBackup(config, {
      file: await givenBackup('FILE', file),
      keyFile: flags['key-file'],
      ask: askAtTerminal,
    })
    printResult(input, { ...jsonOfBackup(read), intact: true, problem: null }, () => [
      `intact: ${formatBackup(read)}`,
    ])
    return 0
  } catch (error) {
    if (!(error instanceof BackupError) && !(error instanceof SealError)) throw error
    const nothing = { id: '', deployment: '', createdAt: '', release: '', base: null, records: 0, files: 0 }
    printResult(input, { ...nothing, intact: false, problem: error.message }, () => [])
    if (!input.json) input.output.complain(`${file}: ${error.message}`)
    return EXIT_FAILURE
  }
}

/** The facts of a backup for `--json`. */
export function jsonOfBackup({ header, manifest, records }: VerifiedBackup) {
  const { id, deployment, createdAt, release, base } = header
  return { id, deployment, createdAt, release, base: base ?? null, records, files: manifest.files.length }
}

/** The facts of a backup in one line. */
export function formatBackup({ header, manifest, records }: VerifiedBackup): string {
  const { createdAt, deployment, release, base } = header
  const continued = base === undefined ? '' : `, with the whole backup ${base}`
  return `${records} records and ${manifest.files.length} files of the audit log of deployment ${deployment}, made ${createdAt} by release ${release}${continued}`
}

/**
 * The path of the backup that an operand or an option names.
 *
 * @throws UsageError when it cannot be read, or is a folder.
 */
export async function givenBackup(name: string, path: string): Promise<string> {
  await usingGiven({ name, path }, async () => {
    await access(path, constants.R_OK)
    if ((await stat(path)).isDirectory()) throw new Error('it is a folder')
  })
  return resolve(path)
}
