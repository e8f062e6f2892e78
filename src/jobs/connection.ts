import type { Log } from '../base/log.ts'
import { CONNECTING, CONNECTING_PARTITION, type ConnectingValue } from '../kms/key-stores/custom-key-store.ts'
import { settleConnection } from '../kms/key-stores/store-connection.ts'
import { StoreConflict } from '../store/port.ts'
import { LIST_MAX_RECORDS, type Records, type Stored } from '../store/records.ts'
import type { Job } from './scheduler.ts'

/** The dependencies of the connection job. */
export type ConnectionDependencies = Omit<Parameters<typeof settleConnection>[0], 'records'> & {
  readonly records: Records
  readonly log: Log
}

/** The interval at which the job looks for custom key stores to connect. */
const INTERVAL_MS = 500

/** The job that connects custom key stores. */
export function connectionJob(dependencies: ConnectionDependencies): Job {
  return { name: 'custom key store connection', everyMs: INTERVAL_MS, run: () => connectStores(dependencies) }
}

/**
 * Connects every custom key store that waits for it. Any worker may run it: each outcome is one versioned
 * commit, so none is written twice, and none over a later change.
 */
async function connectStores(dependencies: ConnectionDependencies): Promise<void> {
  const { records } = dependencies
  await records.refresh()
  const { records: notes } = await records.list(CONNECTING, {
    partition: CONNECTING_PARTITION,
    limit: LIST_MAX_RECORDS,
  })
  await Promise.all(notes.map((note) => connect(dependencies, note)))
}

async function connect(dependencies: ConnectionDependencies, note: Stored<ConnectingValue>): Promise<void> {
  const { storeId } = note.value
  const { changes, connection, cause } = await settleConnection(dependencies, note)
  try {
    await dependencies.records.commit(changes)
  } catch (error) {
    // Another worker was faster, or a call has disconnected it: the next run reads the new state.
    if (error instanceof StoreConflict) return
    throw error
  }
  if (connection?.state === 'CONNECTED') dependencies.log.info('a custom key store is connected', { storeId })
  if (connection?.state === 'FAILED') {
    const why = cause instanceof Error ? cause.message : String(cause)
    const { errorCode } = connection
    dependencies.log.warn('a custom key store could not be connected', { storeId, errorCode, why })
  }
}
