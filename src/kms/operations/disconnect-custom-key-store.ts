import { replace } from '../../store/records.ts'
import { accountOperation } from '../account-operation.ts'
import { getStore, storeEventData, storeStateError } from '../key-stores/custom-key-store.ts'
import { STORE_ID } from '../key-stores/store-input.ts'

/**
 * Disconnects a custom key store: its keys are unusable at once.
 * Source: AWS KMS API Reference, "DisconnectCustomKeyStore".
 */
export const disconnectCustomKeyStore = accountOperation(
  { name: 'DisconnectCustomKeyStore', readOnly: false, input: { CustomKeyStoreId: STORE_ID } },
  async ({ call, input, dependencies }) => {
    const scope = { records: dependencies.records, account: call.caller.account, region: call.region }
    const store = await getStore(scope, input.CustomKeyStoreId)
    if (store.value.connection.state === 'DISCONNECTED') throw storeStateError(store, 'connected')
    return {
      output: {},
      changes: [replace(store, { ...store.value, connection: { state: 'DISCONNECTED' as const } })],
      event: { additional: storeEventData(store) },
    }
  },
)
