import { existsSync } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { diskSpaceOf } from '../audit/log/disk-reserve.ts'
import { formatVerifierKey } from '../audit/proofs/note.ts'
import { BackupError } from '../backup/format.ts'
import { utf8 } from '../base/bytes.ts'
import { systemClock, systemRandom } from '../base/ports.ts'
import { describeFile, reportVerifierKey, signFiles } from '../compliance/signed-files.ts'
import type { Config } from '../config/settings.ts'
import type { Ed25519Key } from '../crypto/ed25519.ts'
import { Custody } from '../custody/custody.ts'
import { KEY } from '../kms/keys/key-record.ts'
import { proveKey } from '../kms/keys/prove-keys.ts'
import { wrappedKeys } from '../kms/keys/wrapped-keys.ts'
import { claimFileLock } from '../store/file-lock.ts'
import { makeFolder } from '../store/folder.ts'
import type { RawKey } from '../store/port.ts'
import { openSealedRow, type Sealer } from '../store/sealed.ts'
import { openSnapshot } from '../store/sqlite-snapshot.ts'
import { type BackupUnlock, sealerOf } from './backup-root.ts'
import { LEAVING, openControl } from './control.ts'
import { type Deployment, openDeployment } from './deployment.ts'
import { type RestoredFolder, restoreBackup } from './restore.ts'
import { openRootKey, openUnattended, ROOT_KEY_FILE } from './root-key.ts'

/** What is rehearsed, and where. */
export type RehearsalRequest = BackupUnlock & {
  /** The backup's file. */
  readonly file: string
  /** The folder of the restored copy, which is removed at the end; nothing for one in the data folder. */
  readonly work: string | undefined
  /** The folder of the signed report. */
  readonly reports: string
}

/** What a rehearsal has shown, as in its report. */
export type Rehearsal = {
  readonly format: 1
  readonly backup: string
  readonly deployment: string
  /** When the backup was made: ISO 8601. */
  readonly createdAt: string
  readonly rehearsedAt: string
  readonly seconds: number
  /** The unlock path that opened the restored folder. */
  readonly unlockPath: string
  readonly records: number
  /** Events of the audit log, whose chain is intact. */
  readonly events: number
  readonly keys: number
  readonly keyMaterials: number
  /** The first keys whose key material is not what was stored. */
  readonly failures: readonly { readonly arn: string; readonly failure: string }[]
  readonly succeeded: boolean
}

/** A rehearsal and its report. */
export type RehearsedBackup = {
  readonly rehearsal: Rehearsal
  /** The paths of the report and of the note that signs it. */
  readonly files: readonly string[]
  readonly verifierKey: string
}

const LOCK_FILE = 'rehearsal.lock'
const WORK_FOLDER = 'rehearsal'
const FAILURES_MAX = 100
/** A rehearsal uses the keys of its backup, so a rotation tells it nothing. */
const FOREIGN_KEYS = { useKeys: async () => {}, sealing: LEAVING }
/** The restored records and log, and the write-ahead log while records are restored. */
const SPACE_FACTOR = 3

/**
 * Restores a backup into a folder of its own, opens it by its unlock paths as a start would, proves the key material of
 * every key, and signs a report. The folder is removed at the end.
 *
 * @throws BackupError, SealError when the backup cannot be restored.
 */
export async function rehearse(config: Config, request: RehearsalRequest): Promise<RehearsedBackup> {
  const data = resolve(config.data)
  const lock = request.work === undefined ? claimFileLock(join(data, LOCK_FILE)) : undefined
  if (request.work === undefined && lock === undefined)
    throw new BackupError('another rehearsal is running on this data folder')
  const work = resolve(request.work ?? join(data, WORK_FOLDER))
  // It has the keys of the deployment, though from another folder: a seal ends it.
  const control = existsSync(data) ? await openControl(config, FOREIGN_KEYS) : undefined
  try {
    // What a killed rehearsal has left; a folder that an operator names must be empty.
    if (request.work === undefined) await rm(work, { recursive: true, force: true })
    await assertSpace(dirname(work), request.file)
    return await rehearseIn(config, work, request)
  } finally {
    await control?.close()
    lock?.release()
  }
}

async function assertSpace(folder: string, file: string): Promise<void> {
  const needed = (await stat(file)).size * SPACE_FACTOR
  const { freeBytes } = await diskSpaceOf(folder)
  if (freeBytes < needed)
    throw new BackupError(
      `a rehearsal needs ${needed} bytes in ${folder}, which has ${freeBytes}: name another folder with --work`,
    )
}

async function rehearseIn(
  config: Config,
  work: string,
  { file, keyFile = join(config.data, ROOT_KEY_FILE), ask, reports }: RehearsalRequest,
): Promise<RehearsedBackup> {
  const began = systemClock.monotonicMs()
  const there = { ...config, data: work }
  const nothing = { auditCopy: undefined, keepDeleted: true }
  const restored = await restoreBackup(there, { file, keyFile, ask, ...nothing })
  // Only from here on is the folder's content this rehearsal's: a folder with anything else was refused.
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(work, { recursive: true, force: true }))
  const opened = await (ask === undefined ? openUnattended(there) : openRootKey(there, ask))
  using root = opened.root
  const deployment = await openDeployment(there, { rootKey: root })
  const { checkpointKey: signingKey } = deployment
  const proved = await proveAll(work, deployment, sealerOf(restored.header, root))
  const rehearsal: Rehearsal = {
    ...factsOf(restored),
    rehearsedAt: new Date(systemClock.now()).toISOString(),
    seconds: Math.round((systemClock.monotonicMs() - began) / 1000),
    unlockPath: opened.path?.name ?? '',
    ...proved,
    succeeded: proved.failures.length === 0,
  }
  const files = await putReport(reports, rehearsal, signingKey)
  return { rehearsal, files, verifierKey: formatVerifierKey(reportVerifierKey(signingKey)) }
}

function factsOf({ header, records, events }: RestoredFolder) {
  const { id: backup, deployment, createdAt } = header
  return { format: 1, backup, deployment, createdAt, records, events } as const
}

/** Proves the key material of every key of a folder. */
async function proveAll(
  folder: string,
  { records, wrappingKey }: Deployment,
  sealer: Sealer,
): Promise<Pick<Rehearsal, 'keys' | 'keyMaterials' | 'failures'>> {
  await using stack = new AsyncDisposableStack()
  stack.defer(() => records.close())
  const custody = new Custody({ wrappingKey, wrappedKeys: wrappedKeys(records), random: systemRandom })
  stack.defer(() => custody[Symbol.dispose]())
  const snapshot = openSnapshot(folder)
  stack.defer(() => snapshot.close())
  const failures: { arn: string; failure: string }[] = []
  let [keys, keyMaterials] = [0, 0]
  let last: RawKey | undefined
  for (let page = snapshot.page(undefined); page.length > 0; page = snapshot.page(last)) {
    last = page.at(-1)
    for (const row of page.filter(({ kind }) => kind === KEY.name)) {
      const opened = openSealedRow(sealer, row)
      if (opened === undefined) throw new BackupError('a restored record of a key does not open')
      const { arn, materials, failure } = await proveKey(custody, records, {
        ...opened,
        value: KEY.parse(opened.value),
      })
      keys += 1
      keyMaterials += materials
      if (failure !== undefined && failures.length < FAILURES_MAX) failures.push({ arn, failure })
    }
  }
  return { keys, keyMaterials, failures }
}

/** Writes the report, then the note that signs it. */
async function putReport(
  folder: string,
  rehearsal: Rehearsal,
  signingKey: Ed25519Key,
): Promise<readonly string[]> {
  await makeFolder(folder)
  const name = `rehearsal-${rehearsal.backup}`
  const content = `${JSON.stringify(rehearsal, null, 2)}\n`
  const report = { name: `${name}.json`, content }
  const note = {
    name: `${name}.note`,
    content: signFiles(signingKey, [describeFile(report.name, utf8(content))]),
  }
  for (const file of [report, note]) {
    const aside = join(folder, `.${file.name}.${systemRandom.uuid()}.new`)
    await writeFile(aside, file.content, { mode: 0o600, flush: true })
    await rename(aside, join(folder, file.name))
  }
  return [report, note].map((file) => join(folder, file.name))
}
