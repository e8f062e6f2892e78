import { insert, replace } from '../../store/records.ts'
import { accountOperation } from '../account-operation.ts'
import { keysOfCluster } from '../key-stores/cluster.ts'
import {
  CONNECTING,
  CONNECTING_PARTITION,
  type CustomKeyStore,
  getStore,
  isClusterStore,
  storeEventData,
  storeStateError,
} from '../key-stores/custom-key-store.ts'
import { STORE_ID } from '../key-stores/store-input.ts'
import { askToken } from '../key-stores/token-errors.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

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
    await checkReachable(dependencies, account, store)
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

/**
 * Asks a token what needs no login, as AWS asks for the state of a cluster. A token that the operator has taken away
 * fails later, with its error code. @throws CloudHsmClusterNotActiveException, CloudHsmClusterInvalidConfigurationException.
 */
async function checkReachable(
  { tokens }: KmsDependencies,
  account: string,
  { value }: CustomKeyStore,
): Promise<void> {
  if (!isClusterStore(value) || tokens.ofCluster(account, value.cluster.id) === undefined) return
  await askToken('store', keysOfCluster(tokens, account, value.cluster.id).facts())
}
