import { KmsError } from '../../api/errors.ts'
import { remove, replace } from '../../store/records.ts'
import { accountOperation } from '../account-operation.ts'
import {
  getStore,
  readStores,
  STORE_KEY,
  storeEventData,
  storeKeyPartition,
  storeStateError,
} from '../key-stores/custom-key-store.ts'
import { STORE_ID } from '../key-stores/store-input.ts'

/**
 * Deletes a custom key store without keys. The proxy is not called.
 * Source: AWS KMS API Reference, "DeleteCustomKeyStore".
 */
export const deleteCustomKeyStore = accountOperation(
  { name: 'DeleteCustomKeyStore', readOnly: false, input: { CustomKeyStoreId: STORE_ID } },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const scope = { records: dependencies.records, account, region: call.region }
    const store = await getStore(scope, input.CustomKeyStoreId)
    if (store.value.connection.state !== 'DISCONNECTED') throw storeStateError(store, 'DISCONNECTED')
    const partition = storeKeyPartition(account, call.region, store.name)
    const keys = await dependencies.records.list(STORE_KEY, { partition, limit: 1 })
    if (keys.records.length > 0) {
      throw new KmsError(
        'CustomKeyStoreHasCMKsException',
        `The custom key store ${store.name} contains KMS keys, and must contain none.`,
      )
    }
    const { register } = await readStores(scope)
    const ids = register?.value.ids.filter((id) => id !== store.name) ?? []
    return {
      output: {},
      changes: [
        remove(store),
        ...(register === undefined ? [] : [replace(register, { format: 1 as const, ids })]),
      ],
      event: { additional: storeEventData(store) },
    }
  },
)
