import { always, boolean, list, optional, text, type ValueOf } from '../../api/shapes.ts'
import { accountOperation } from '../account-operation.ts'
import {
  type CustomKeyStore,
  getStore,
  isClusterStore,
  readStores,
  storeNotFound,
} from '../key-stores/custom-key-store.ts'
import { invalidInput, STORE_ID, STORE_NAME } from '../key-stores/store-input.ts'
import { epochSeconds } from '../keys/metadata.ts'
import { CUSTOM_KEY_STORES_LIST_ENTRY_ANSWER } from '../kms-answers.ts'
import { PAGING, pageEnd, pageOf } from '../kms-paging.ts'

const PAGE_SIZE = { byDefault: 1000, max: 1000 }
/**
 * Lists the custom key stores of the caller's account in one region, or one of them.
 * Source: AWS KMS API Reference, "DescribeCustomKeyStores".
 */
export const describeCustomKeyStores = accountOperation(
  {
    name: 'DescribeCustomKeyStores',
    readOnly: true,
    input: { CustomKeyStoreId: optional(STORE_ID), CustomKeyStoreName: optional(STORE_NAME), ...PAGING },
    output: {
      CustomKeyStores: always(list(CUSTOM_KEY_STORES_LIST_ENTRY_ANSWER)),
      NextMarker: text(),
      Truncated: always(boolean()),
    },
    checkInput: (input) => {
      if (input.CustomKeyStoreId !== undefined && input.CustomKeyStoreName !== undefined) {
        throw invalidInput('CustomKeyStoreId and CustomKeyStoreName cannot be given together.')
      }
    },
  },
  async ({ call, input, dependencies }) => {
    const scope = { records: dependencies.records, account: call.caller.account, region: call.region }
    if (input.CustomKeyStoreId !== undefined) {
      const store = await getStore(scope, input.CustomKeyStoreId)
      return { output: { CustomKeyStores: [entry(store)], ...pageEnd(undefined) } }
    }
    const { stores } = await readStores(scope)
    const name = input.CustomKeyStoreName
    if (name !== undefined) {
      const store = stores.find(({ value }) => value.name === name)
      if (store === undefined) throw storeNotFound(`with the name ${name}`)
      return { output: { CustomKeyStores: [entry(store)], ...pageEnd(undefined) } }
    }
    const { items, next } = pageOf(stores, input, PAGE_SIZE)
    return { output: { CustomKeyStores: items.map(entry), ...pageEnd(next) } }
  },
)

/** Secret access key and password stay in the record. */
function entry({
  name: storeId,
  value,
}: CustomKeyStore): ValueOf<typeof CUSTOM_KEY_STORES_LIST_ENTRY_ANSWER> {
  const { connection } = value
  const common = {
    ConnectionErrorCode: connection.state === 'FAILED' ? connection.errorCode : undefined,
    ConnectionState: connection.state,
    CreationDate: epochSeconds(value.createdAt),
    CustomKeyStoreId: storeId,
    CustomKeyStoreName: value.name,
  }
  if (isClusterStore(value)) {
    return {
      ...common,
      CloudHsmClusterId: value.cluster.id,
      CustomKeyStoreType: 'AWS_CLOUDHSM',
      TrustAnchorCertificate: value.cluster.trustAnchor,
    }
  }
  return {
    ...common,
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConfiguration: {
      AccessKeyId: value.credential.accessKeyId,
      Connectivity: 'PUBLIC_ENDPOINT',
      UriEndpoint: value.endpoint,
      UriPath: value.path,
    },
  }
}
