import { insert, replace } from '../../store/records.ts'
import { accountOperation } from '../account-operation.ts'
import {
  CONNECTING,
  CONNECTING_PARTITION,
  getStore,
  storeEventData,
  storeStateError,
} from '../key-stores/custom-key-store.ts'
import { STORE_ID } from '../key-stores/store-input.ts'

/**
 * Starts to connect a custom key store; DescribeCustomKeyStores shows the result.
 * Source: AWS KMS API Reference, "ConnectCustomKeyStore".
 */
export const connectCustomKeyStore = accountOperation(
  { name: 'ConnectCustomKeyStore', readOnly: false, input: { CustomKeyStoreId: STORE_ID } },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { region, requestId } = call
    const scope = { records: dependencies.records, account, region }
    const store = await getStore(scope, input.CustomKeyStoreId)
    const event = { additional: storeEventData(store) }
    const { state } = store.value.connection
    if (state === 'FAILED') throw storeStateError(store, 'disconnected before it is connected again')
    if (state !== 'DISCONNECTED') return { output: {}, event }
    const note = { format: 1 as const, account, region, storeId: store.name, requestId }
    return {
      output: {},
      changes: [
        replace(store, { ...store.value, connection: { state: 'CONNECTING' as const } }),
        insert(CONNECTING, CONNECTING_PARTITION, dependencies.random.uuid(), note),
      ],
      event,
    }
  },
)
