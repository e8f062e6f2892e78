import { resolve } from 'node:path'
import { backupRisks } from '../app/custody-risks.ts'
import { listAccounts, openDeployment } from '../app/deployment.ts'
import { askAtTerminal, type OpenedRoot, openUnattended, SealedError } from '../app/root-key.ts'
import { listPaths } from '../app/seal.ts'
import { sealRisks } from '../app/seal-risks.ts'
import { readHeads } from '../audit/log/journal.ts'
import { type BackupStateValue, readBackupState } from '../backup/backup-records.ts'
import { systemClock } from '../base/ports.ts'
import { VERSION } from '../base/version.ts'
import { probeReady } from '../client/probe.ts'
import type { Config } from '../config/settings.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { findEndpoint } from './endpoint.ts'
import { printNext, printResult } from './result.ts'

type Held = {
  readonly accounts: readonly string[]
  readonly nodes: readonly { readonly node: string; readonly events: number }[]
  /** The last backup and the last rehearsal that succeeded. */
  readonly backup: NonNullable<BackupStateValue['backup']> | null
  readonly rehearsal: NonNullable<BackupStateValue['rehearsal']> | null
  /** Why the records are closed; nothing when they are open. */
  readonly sealed: string | null
}

/** What a data folder holds, if its root key opens without a person. */
async function findHeld(config: Config): Promise<Held> {
  let opened: OpenedRoot
  try {
    opened = await openUnattended(config)
  } catch (error) {
    if (!(error instanceof SealedError) || !error.canOpenLater) throw error
    return { accounts: [], nodes: [], backup: null, rehearsal: null, sealed: error.message }
  }
  using rootKey = opened.root
  const { records, wrappingKey } = await openDeployment(config, { rootKey })
  wrappingKey[Symbol.dispose]()
  try {
    const accounts = await listAccounts(records)
    const heads = [...(await readHeads(records))]
    const nodes = heads.map(([node, { sequence }]) => ({ node, events: sequence }))
    const { backup = null, rehearsal = null } = await readBackupState(records)
    return { accounts, nodes, backup, rehearsal, sealed: null }
  } finally {
    await records.close()
  }
}

/** `holdfast status`: shows whether a data folder's server is ready, and the state of its audit log. */
export async function showStatus(input: CommandInput): Promise<number> {
  const { config } = input
  requireDataFolder(config)
  const endpoint = await findEndpoint(config)
  const status = endpoint === undefined ? 'no server runs on this folder' : await probeReady(endpoint)
  const ready = status === 'ready'
  const data = resolve(config.data)
  const paths = await listPaths(config, askAtTerminal)
  const unlockPaths = (paths ?? []).map(({ name, type, provedAt }) => ({
    name,
    type,
    provedAt: provedAt ?? null,
  }))
  const held = await findHeld(config)
  const now = systemClock.now()
  const { backup, rehearsal } = held
  const risks = [
    ...sealRisks(paths, now),
    ...(held.sealed === null ? backupRisks({ backup, rehearsal }, now) : []),
  ]
  const warnings = risks.map(({ text }) => text)
  const facts = { release: VERSION, endpoint: endpoint ?? null, ready, status, data, ...held }
  printResult(input, { ...facts, unlockPaths, warnings }, () => [
    `release      ${VERSION}`,
    `endpoint     ${endpoint ?? 'none'}: ${status}`,
    `data         ${data}`,
    ...held.accounts.map((account) => `account      ${account}`),
    ...held.nodes.map(({ node, events }) => `audit log    ${node}: ${events} events`),
    ...unlockPaths.map(
      ({ name, type, provedAt }) =>
        `unlock path  ${name} (${type}): ${provedAt === null ? 'never proved' : `proved ${provedAt}`}`,
    ),
    ...(held.sealed === null
      ? [
          `backup       ${held.backup === null ? 'none' : `${held.backup.at}, ${held.backup.id}`}`,
          `rehearsal    ${held.rehearsal === null ? 'none' : `${held.rehearsal.at}, of backup ${held.rehearsal.id}`}`,
        ]
      : []),
    ...(held.sealed === null ? [] : [`sealed       ${held.sealed}`]),
  ])
  if (!input.json) for (const warning of warnings) input.output.complain(`warning: ${warning}`)
  if (endpoint === undefined) printNext(input, 'holdfast serve starts the server')
  else if (status.startsWith('no answer') && endpoint.startsWith('https:')) {
    printNext(input, 'to trust an authority of your own, set NODE_EXTRA_CA_CERTS to its certificate file')
  }
  return ready ? 0 : EXIT_FAILURE
}
