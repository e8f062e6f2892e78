import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Announce } from '../audit/events/announcement.ts'
import { readBackupState } from '../backup/backup-records.ts'
import { listBackups } from '../backup/folder.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { Log } from '../base/log.ts'
import { systemClock } from '../base/ports.ts'
import { processEnvironment } from '../config/setting.ts'
import { type Config, configFlags } from '../config/settings.ts'
import type { Job } from '../jobs/scheduler.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import { type BackupDependencies, backUpToFolder, recordRehearsal } from './backup.ts'

/** How often the server looks whether a backup or a rehearsal is due. */
const INTERVAL_MS = 60_000
/** How long after a failure it is tried again. */
const RETRY_MS = 3_600_000
/** The lock of the process that backs up; held until it ends. */
const LOCK_FILE = 'backup.lock'
/** The time limit of a rehearsal. */
const REHEARSAL_MAX_MS = 6 * 3_600_000
/** What is kept of the output of a rehearsal. */
const OUTPUT_MAX_CHARS = 1_000_000

/** The dependencies of backing up by schedule. */
export type BackupJobDependencies = BackupDependencies & {
  readonly announce: Announce
  readonly log: Log
}

/** The job, which ends a rehearsal at its own end. */
export type BackupJob = Job & {
  readonly stop: () => void
  /** Called when no run is in progress. */
  readonly release: () => void
}

/** The job that makes backups in the configured folder, and rehearses restores in a process of its own. */
export function backupJob(config: Config, dependencies: BackupJobDependencies): BackupJob {
  const { everyMs, rehearseMs, folder: given } = config.backup
  const stopping = new AbortController()
  let lock: FileLock | undefined
  const failedAt = { backup: Number.NEGATIVE_INFINITY, rehearsal: Number.NEGATIVE_INFINITY }
  const mayTry = (what: keyof typeof failedAt): boolean =>
    systemClock.monotonicMs() - failedAt[what] >= RETRY_MS
  const attempt = async (what: keyof typeof failedAt, run: () => Promise<void>): Promise<void> => {
    try {
      await run()
    } catch (error) {
      if (stopping.signal.aborted) return
      failedAt[what] = systemClock.monotonicMs()
      const reason = error instanceof Error ? error.message : String(error)
      dependencies.log.error(`the ${what} failed, and will be tried again in an hour`, { reason })
      const name = what === 'backup' ? 'FailBackup' : 'FailRehearsal'
      await dependencies.announce({ name, details: { reason } })
    }
  }
  return {
    name: 'backups',
    everyMs: INTERVAL_MS,
    run: async () => {
      if (everyMs === undefined || given === undefined) return
      lock ??= claimFileLock(join(config.data, LOCK_FILE))
      if (lock === undefined) return
      const folder = resolve(given)
      const { backup, rehearsal } = await readBackupState(dependencies.records)
      if (isDue(backup?.at, everyMs) && mayTry('backup'))
        await attempt('backup', () => backUp(config, dependencies, folder))
      if (isDue(rehearsal?.at, rehearseMs) && mayTry('rehearsal') && !stopping.signal.aborted)
        await attempt('rehearsal', () => rehearse(config, dependencies, folder, stopping.signal))
    },
    stop: () => stopping.abort(),
    release: () => lock?.release(),
  }
}

/** Whether something is due again; a time in the future means that the clock was set back, and nobody knows the age. */
function isDue(at: string | undefined, everyMs: number): boolean {
  if (at === undefined) return true
  const ageMs = systemClock.now() - Date.parse(at)
  return ageMs >= everyMs || ageMs < 0
}

async function backUp(config: Config, dependencies: BackupJobDependencies, folder: string): Promise<void> {
  const { keep } = config.backup
  const { id, path, sizeBytes } = await backUpToFolder(config, dependencies, {
    folder,
    keep,
    isWhole: false,
  })
  dependencies.log.info('a backup was made', { backup: id, file: path, sizeBytes })
}

async function rehearse(
  config: Config,
  dependencies: BackupJobDependencies,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const newest = (await listBackups(folder)).at(-1)
  if (newest === undefined) throw new Error(`there is no backup in ${folder}`)
  const outcome = await runRehearsal(config, newest.path, signal)
  if (outcome.problem !== undefined) throw new Error(outcome.problem)
  await recordRehearsal(config, dependencies, outcome)
  const { backup, keys, succeeded, failures } = outcome
  if (!succeeded) throw new Error(`${failures.length} keys of backup ${backup} do not open`)
  dependencies.log.info('a restore was rehearsed', { backup, keys })
}

type Outcome = Parameters<typeof recordRehearsal>[2] & { readonly problem: string | undefined }

/** The file of the command line; in the published package it ends with `.js`. */
const MAIN = fileURLToPath(import.meta.url.replace(/app\/backup-job(\.[jt]s)$/, 'main$1'))

/** Runs `holdfast backup rehearse` in a process of its own, with the settings of the server. */
async function runRehearsal(config: Config, file: string, signal: AbortSignal): Promise<Outcome> {
  const args = ['backup', 'rehearse', '--unattended', '--json', `--file=${file}`, ...configFlags(config)]
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: processEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: REHEARSAL_MAX_MS,
    killSignal: 'SIGKILL',
    signal,
  })
  const said = { output: '', errors: '' }
  const take = (name: keyof typeof said) => (chunk: unknown) => {
    if (said[name].length < OUTPUT_MAX_CHARS) said[name] += String(chunk)
  }
  child.stdout.on('data', take('output'))
  child.stderr.on('data', take('errors'))
  await new Promise<void>((done, reject) => {
    child.once('error', reject)
    child.once('close', () => done())
  })
  return parseOutcome(said.output, said.errors)
}

function parseOutcome(output: string, errors: string): Outcome {
  const value: unknown = output === '' ? undefined : parseJsonText(output)
  if (typeof value !== 'object' || value === null || !('succeeded' in value))
    throw new Error(`the rehearsal ended without a result: ${errors.trim()}`)
  const members: Readonly<Record<string, unknown>> = { ...value }
  const { problem, failures } = members
  return {
    problem: typeof problem === 'string' ? problem : undefined,
    backup: String(members['backup']),
    succeeded: members['succeeded'] === true,
    keys: Number(members['keys']),
    keyMaterials: Number(members['keyMaterials']),
    failures: Array.isArray(failures) ? failures : [],
    unlockPath: String(members['unlockPath']),
    rehearsedAt: new Date(systemClock.now()).toISOString(),
  }
}
