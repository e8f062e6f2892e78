import type { Log } from '../base/log.ts'
import {
  CONNECTING,
  CONNECTING_PARTITION,
  type ConnectingValue,
  TOKEN_KEY_DISPOSAL,
} from '../kms/key-stores/custom-key-store.ts'
import { settleConnection } from '../kms/key-stores/store-connection.ts'
import { disposeOfTokenKey } from '../kms/key-stores/token-disposal.ts'
import { TokenFailure } from '../pkcs11/failure.ts'
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

/** How often the job tries to destroy keys of deleted KMS keys, whose tokens may be away for long. */
const DISPOSAL_INTERVAL_MS = 60_000

/** The job that destroys the keys of deleted KMS keys in tokens. */
export function tokenDisposalJob(dependencies: Omit<ConnectionDependencies, 'xks'>): Job {
  const name = 'destruction of keys in tokens'
  return { name, everyMs: DISPOSAL_INTERVAL_MS, run: () => disposeOfTokenKeys(dependencies) }
}

/** A token that does not answer leaves its notes for the next run. */
async function disposeOfTokenKeys(dependencies: Omit<ConnectionDependencies, 'xks'>): Promise<void> {
  const { records, log } = dependencies
  await records.refresh()
  const list = { partition: CONNECTING_PARTITION, limit: LIST_MAX_RECORDS }
  const { records: notes } = await records.list(TOKEN_KEY_DISPOSAL, list)
  for (const note of notes) {
    const keyId = note.name
    try {
      await records.commit(await disposeOfTokenKey(dependencies, note))
      log.info('the key of a deleted KMS key was destroyed in its token', { keyId })
    } catch (error) {
      // Another worker was faster.
      if (error instanceof StoreConflict) continue
      if (!(error instanceof TokenFailure)) throw error
      log.warn('the key of a deleted KMS key is still in its token', { keyId, why: error.message })
    }
  }
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
