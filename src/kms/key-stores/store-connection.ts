import type { Change, Records, Stored } from '../../store/records.ts'
import { remove, replace } from '../../store/records.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { connectCluster } from './cluster.ts'
import {
  type ConnectingValue,
  type Connection,
  findStore,
  isClusterStore,
  targetOf,
} from './custom-key-store.ts'
import { askHealth } from './store-checks.ts'
import { tokenConnectionErrorCode } from './token-errors.ts'
import { connectionErrorCode } from './xks-errors.ts'

/** The outcome of connecting a store, and its changes. */
export type ConnectionOutcome = {
  readonly changes: readonly Change[]
  /** Nothing when no store waits for it any more. */
  readonly connection?: Connection
  /** Why it failed, for the operator. */
  readonly cause?: unknown
}

/**
 * Asks the proxy of a store that waits for its connection for its health, or logs in to its token.
 *
 * @param note which the changes remove, whatever the outcome.
 */
export async function settleConnection(
  dependencies: { readonly records: Records } & Pick<KmsDependencies, 'xks' | 'tokens'>,
  note: Stored<ConnectingValue>,
): Promise<ConnectionOutcome> {
  const { account, region, storeId, requestId } = note.value
  const store = await findStore({ records: dependencies.records, account, region }, storeId)
  if (store?.value.connection.state !== 'CONNECTING') return { changes: [remove(note)] }
  const settled = (connection: Connection, cause?: unknown): ConnectionOutcome => ({
    changes: [replace(store, { ...store.value, connection }), remove(note)],
    connection,
    cause,
  })
  if (isClusterStore(store.value)) {
    try {
      await connectCluster(dependencies.tokens, account, store.value)
      return settled({ state: 'CONNECTED' })
    } catch (error) {
      return settled({ state: 'FAILED', errorCode: tokenConnectionErrorCode(error) }, error)
    }
  }
  try {
    const purpose = { operation: 'ConnectCustomKeyStore', requestId }
    await askHealth(dependencies, targetOf(region, store.value), purpose)
    return settled({ state: 'CONNECTED' })
  } catch (error) {
    return settled({ state: 'FAILED', errorCode: connectionErrorCode(error) }, error)
  }
}
