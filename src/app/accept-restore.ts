import { operatorEvent } from '../audit/events/own-events.ts'
import { findRestored, type RestoredValue } from '../backup/backup-records.ts'
import { BackupError } from '../backup/format.ts'
import type { Log } from '../base/log.ts'
import { systemRandom } from '../base/ports.ts'
import type { Config } from '../config/settings.ts'
import { remove } from '../store/records.ts'
import { openDeployment, openNodeJournal, ownEventDependencies } from './deployment.ts'

/**
 * Accepts a restored folder: one commit removes the note that keeps servers from starting, and records the acceptance
 * with what the folder lacks. @throws BackupError when there is nothing to accept.
 */
export async function acceptRestored(config: Config, log: Log): Promise<RestoredValue> {
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config)
  deployment.wrappingKey[Symbol.dispose]()
  const { records } = deployment
  stack.defer(() => records.close())
  const restored = await findRestored(records)
  if (restored === undefined)
    throw new BackupError(`${config.data} was not restored, or somebody has accepted it already`)
  const journal = await openNodeJournal(config, deployment, { log, accepts: true })
  stack.defer(() => journal.close())
  const id = systemRandom.uuid()
  const { format: _format, ...details } = restored.value
  const json = operatorEvent(ownEventDependencies(config), id, 'AcceptRestore', details)
  await journal.commit([remove(restored)], [{ id, json }])
  return restored.value
}
