import { open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { operatorEvent } from '../audit/events/own-events.ts'
import { readHeads } from '../audit/log/journal.ts'
import { ALL, WITNESS_STATE } from '../backup/backup-records.ts'
import { syncFolder } from '../backup/folder.ts'
import { BackupError } from '../backup/format.ts'
import { findMissing, openStatement, STATEMENT_MAX_BYTES, signStatement } from '../backup/witness.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemRandom } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import type { Config } from '../config/settings.ts'
import type { Job } from '../jobs/scheduler.ts'
import { insert } from '../store/records.ts'
import {
  AUDIT_FOLDER,
  type Deployment,
  openDeployment,
  openNodeJournal,
  ownEventDependencies,
} from './deployment.ts'

/** How often the server tells the witness. */
const INTERVAL_MS = 5000
const OWNER_ONLY = 0o600

type Witnessed = Pick<Deployment, 'records' | 'auditKey' | 'auditPlace' | 'checkpointKey'>

/**
 * Refuses a start when the deployment lacks what its witness knows, or when the witness is gone.
 *
 * @throws BackupError that says what is missing.
 */
export async function assertWitnessed(config: Config, deployment: Witnessed): Promise<void> {
  const missing = await compare(config, deployment)
  if (missing.length === 0) return
  throw new BackupError(
    `${config.data} is not the newest state of this deployment: somebody has put back an earlier one, or restored a backup. ${missing.join('. ')}. Restore the newest state, or accept this one: holdfast witness accept`,
  )
}

/** What the deployment lacks, in sentences. */
async function compare(config: Config, deployment: Witnessed): Promise<readonly string[]> {
  const path = config.backup.witness
  if (path === undefined) return []
  const { records, auditKey: key, auditPlace, checkpointKey } = deployment
  const text = await readWitness(path)
  if (text === undefined) {
    const told = await records.get(WITNESS_STATE, ALL, ALL)
    return told === undefined ? [] : [`the witness ${path} is gone, which had a statement before`]
  }
  const statement = openStatement(text, checkpointKey)
  if (statement === undefined) return [`the witness ${path} has no statement that this deployment has signed`]
  const auditFolder = join(config.data, AUDIT_FOLDER)
  return await findMissing(
    { files: auditPlace.segments, auditFolder, key, heads: await readHeads(records) },
    statement,
  )
}

async function readWitness(path: string): Promise<string | undefined> {
  try {
    return await readRegularText(path, { maxBytes: STATEMENT_MAX_BYTES })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new BackupError(
      `the witness ${path} cannot be read, so nobody knows whether this is the newest state: ${reason}`,
      { cause },
    )
  }
}

/** Tells the witness the saved heads of the audit logs, in a file that is replaced whole. @throws Error. */
async function tell(path: string, { records, checkpointKey }: Witnessed): Promise<void> {
  const heads = await readHeads(records)
  const text = signStatement(checkpointKey, { at: new Date(systemClock.now()).toISOString(), heads })
  const aside = `${path}.${systemRandom.uuid()}`
  try {
    const file = await open(aside, 'wx', OWNER_ONLY)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
    await syncFolder(dirname(path))
  } finally {
    await rm(aside, { force: true })
  }
  if ((await records.get(WITNESS_STATE, ALL, ALL)) === undefined)
    await records.commit([insert(WITNESS_STATE, ALL, ALL, { format: 1 })])
}

/** The job that tells the witness. */
export function witnessJob(config: Config, deployment: Witnessed): Job {
  const path = config.backup.witness
  return {
    name: 'witness',
    everyMs: INTERVAL_MS,
    run: async () => {
      if (path !== undefined) await tell(resolve(path), deployment)
    },
  }
}

/**
 * Accepts the present state of a folder although its witness knows of more: records what is missing, and tells the witness
 * the present heads. Killed in between, the next start is refused once more.
 *
 * @returns what is missing. @throws BackupError.
 */
export async function acceptWitnessed(config: Config, log: Log): Promise<readonly string[]> {
  const { witness } = config.backup
  if (witness === undefined)
    throw new BackupError('HOLDFAST_WITNESS: expected the path of a file; got nothing')
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config)
  deployment.wrappingKey[Symbol.dispose]()
  stack.defer(() => deployment.records.close())
  const missing = await compare(config, deployment)
  if (missing.length === 0) throw new BackupError(`${config.data} has all that its witness knows`)
  const journal = await openNodeJournal(config, deployment, { log })
  stack.defer(() => journal.close())
  const id = systemRandom.uuid()
  const json = operatorEvent(ownEventDependencies(config), id, 'AcceptWitness', { missing })
  await journal.commit([], [{ id, json }])
  await tell(resolve(witness), deployment)
  return missing
}
