import { resolve } from 'node:path'
import { acceptRestored } from '../app/accept-restore.ts'
import { restoreBackup } from '../app/restore.ts'
import { askAtTerminal } from '../app/root-key.ts'
import type { LostChange } from '../backup/lost-changes.ts'
import { formatBackup, givenBackup, jsonOfBackup } from './backup.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast restore`: restores a backup into a new data folder. */
export async function restore(input: CommandInput): Promise<number> {
  const { config, operands, flags, switches, progress } = input
  const [file = ''] = operands
  progress.report('restoring the backup')
  const restored = await restoreBackup(config, {
    file: await givenBackup('FILE', file),
    keyFile: flags['key-file'],
    ask: askAtTerminal,
    auditCopy: flags['audit'] === undefined ? undefined : resolve(flags['audit']),
    keepDeleted: switches.has('keep-deleted'),
  })
  const { lost, destroyed, events } = restored
  const data = resolve(config.data)
  const result = {
    ...jsonOfBackup(restored),
    data,
    events,
    lostChanges: lost.count,
    lost: lost.changes,
    destroyedKeys: destroyed,
  }
  printResult(input, result, () => [
    `restored ${formatBackup(restored)}`,
    `  into       ${data}`,
    `  audit log  ${events} events, intact`,
    ...destroyed.map((arn) => `  deleted    ${arn}: its key material was left out`),
    lost.count === 0
      ? '  lost       no change that the audit log has'
      : `  lost       ${lost.count} changes that the audit log has and the records do not:`,
    ...lost.changes.map(formatLost),
    ...(lost.count > lost.changes.length ? [`    and ${lost.count - lost.changes.length} more`] : []),
  ])
  if (flags['audit'] === undefined && !input.json)
    input.output.complain(
      `warning: without --audit nobody knows what was revoked, deleted or changed after ${restored.header.createdAt}`,
    )
  printNext(input, `make lost revocations again after holdfast restore accept --data ${data}`)
  return 0
}

function formatLost({ at, service, operation, by, resources }: LostChange): string {
  return `    ${at}  ${service} ${operation}  ${resources.join(' ')}  by ${by}`
}

/** `holdfast restore accept`: lets a server start on a restored folder. */
export async function acceptRestore(input: CommandInput): Promise<number> {
  const { config } = input
  requireDataFolder(config)
  const accepted = await acceptRestored(config, openLog())
  const { backup, createdAt, lostChanges } = accepted
  printResult(input, { backup, createdAt, lostChanges }, () => [
    `accepted: ${resolve(config.data)} is the backup of ${createdAt}, without ${lostChanges} later changes`,
  ])
  printNext(input, 'holdfast serve starts the server; never run the old folder again')
  return 0
}
