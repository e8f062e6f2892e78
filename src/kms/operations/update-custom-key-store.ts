import { KmsError } from '../../api/errors.ts'
import { type Input, type Members, optional } from '../../api/shapes.ts'
import type { Call } from '../../dispatch/operation.ts'
import { LIST_MAX_RECORDS, replace } from '../../store/records.ts'
import { accountOperation } from '../account-operation.ts'
import { checkCluster, keysOfCluster, tokenLabel } from '../key-stores/cluster.ts'
import {
  type ClusterStoreValue,
  type CustomKeyStore,
  type CustomKeyStoreValue,
  getStore,
  isClusterStore,
  readStores,
  STORE_KEY,
  storeEventData,
  storeKeyPartition,
  storeStateError,
} from '../key-stores/custom-key-store.ts'
import { checkProxy, checkStoreName, checkStoreUri } from '../key-stores/store-checks.ts'
import {
  endpointServiceNotFound,
  invalidInput,
  STORE_ID,
  STORE_NAME,
  STORE_SETTINGS,
} from '../key-stores/store-input.ts'
import { askToken } from '../key-stores/token-errors.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

const INPUT = {
  CustomKeyStoreId: STORE_ID,
  NewCustomKeyStoreName: optional(STORE_NAME),
  ...STORE_SETTINGS,
} satisfies Members

type UpdateInput = Input<typeof INPUT>

/** Changes a custom key store. Source: AWS KMS API Reference, "UpdateCustomKeyStore". */
export const updateCustomKeyStore = accountOperation(
  { name: 'UpdateCustomKeyStore', readOnly: false, input: INPUT, checkInput },
  ({ call, input, dependencies }) => update(call, input, dependencies),
)

function checkInput(input: UpdateInput): void {
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  if (given.length < 2) throw invalidInput('At least one property of the custom key store must be given.')
}

async function update(call: Call, input: UpdateInput, dependencies: KmsDependencies) {
  const scope = { records: dependencies.records, account: call.caller.account, region: call.region }
  const store = await getStore(scope, input.CustomKeyStoreId)
  checkMembers(store, input)
  checkConnection(store, input)
  const service = input.XksProxyVpcEndpointServiceName
  if (service !== undefined) throw endpointServiceNotFound(service)
  const value = withChanges(store.value, input)
  const { register, stores } = await readStores(scope)
  const others = stores.filter(({ name }) => name !== store.name)
  checkStoreName(value.name, others)
  if (isClusterStore(value)) await checkClusterChange({ call, dependencies, store, others }, value, input)
  else {
    checkStoreUri(value, others)
    if (reachesProxyAnew(input)) await checkProxy(dependencies, call, 'UpdateCustomKeyStore', value)
  }
  return {
    output: {},
    // The register is replaced too, so that no other store takes the name at the same time.
    changes: [replace(store, value), ...(register === undefined ? [] : [replace(register, register.value)])],
    event: { additional: storeEventData({ ...store, value }) },
  }
}

const CLUSTER_MEMBERS = ['CloudHsmClusterId', 'KeyStorePassword'] as const
const PROXY_MEMBERS = [
  ...(['XksProxyUriEndpoint', 'XksProxyUriPath', 'XksProxyAuthenticationCredential'] as const),
  ...(['XksProxyConnectivity', 'XksProxyVpcEndpointServiceName', 'XksProxyVpcEndpointServiceOwner'] as const),
]

/** @throws ValidationException for members that stores of the type do not have. */
function checkMembers({ value }: CustomKeyStore, input: UpdateInput): void {
  const isCluster = isClusterStore(value)
  const wrong = (isCluster ? PROXY_MEMBERS : CLUSTER_MEMBERS).find((name) => input[name] !== undefined)
  if (wrong !== undefined) {
    throw invalidInput(`${wrong} is not valid for ${isCluster ? 'AWS_CLOUDHSM' : 'EXTERNAL_KEY_STORE'}.`)
  }
  const service = input.XksProxyVpcEndpointServiceName
  const vpc = input.XksProxyConnectivity === 'VPC_ENDPOINT_SERVICE'
  if (vpc !== (service !== undefined) || (!vpc && input.XksProxyVpcEndpointServiceOwner !== undefined)) {
    throw invalidInput(
      'XksProxyVpcEndpointServiceName and XksProxyConnectivity VPC_ENDPOINT_SERVICE must be given together.',
    )
  }
}

/** @throws CustomKeyStoreInvalidStateException. */
function checkConnection(store: CustomKeyStore, input: UpdateInput): void {
  const { state } = store.value.connection
  if (state === 'DISCONNECTED') return
  const needsDisconnected = ['XksProxyUriEndpoint', 'XksProxyConnectivity', ...CLUSTER_MEMBERS] as const
  if (needsDisconnected.some((name) => input[name] !== undefined)) {
    throw storeStateError(store, 'DISCONNECTED')
  }
  if (state !== 'CONNECTED') throw storeStateError(store, 'CONNECTED or DISCONNECTED')
}

type Change = {
  readonly call: Call
  readonly dependencies: KmsDependencies
  /** As it was. */
  readonly store: CustomKeyStore
  readonly others: readonly CustomKeyStore[]
}

/**
 * Checks that another cluster can take the place of the present one: it has every key of the store, as a cluster made
 * from a backup has.
 *
 * @throws the CloudHsmCluster… exceptions.
 */
async function checkClusterChange(
  { call, dependencies, store, others }: Change,
  { cluster: { id: clusterId, trustAnchor } }: ClusterStoreValue,
  input: UpdateInput,
): Promise<void> {
  if (input.CloudHsmClusterId === undefined) return
  const { account } = call.caller
  const { tokens, records } = dependencies
  await checkCluster(tokens, account, { clusterId, trustAnchor }, others)
  const partition = storeKeyPartition(account, call.region, store.name)
  let after: string | undefined
  do {
    const page = await records.list(STORE_KEY, { partition, after, limit: LIST_MAX_RECORDS })
    for (const { value } of page.records) {
      if (await askToken('store', keysOfCluster(tokens, account, clusterId).has(tokenLabel(value.keyId))))
        continue
      throw new KmsError(
        'CloudHsmClusterNotRelatedException',
        `The cluster ${clusterId} lacks keys of the custom key store ${store.name}.`,
      )
    }
    after = page.next
  } while (after !== undefined)
}

function reachesProxyAnew(input: UpdateInput): boolean {
  return (
    input.XksProxyUriEndpoint !== undefined ||
    input.XksProxyUriPath !== undefined ||
    input.XksProxyAuthenticationCredential !== undefined ||
    input.XksProxyConnectivity !== undefined
  )
}

function withChanges(value: CustomKeyStoreValue, input: UpdateInput): CustomKeyStoreValue {
  const name = input.NewCustomKeyStoreName ?? value.name
  if (isClusterStore(value)) {
    const { cluster } = value
    const id = input.CloudHsmClusterId ?? cluster.id
    return {
      ...value,
      name,
      cluster: { ...cluster, id, password: input.KeyStorePassword ?? cluster.password },
    }
  }
  const credential = input.XksProxyAuthenticationCredential
  return {
    ...value,
    name,
    endpoint: input.XksProxyUriEndpoint ?? value.endpoint,
    path: input.XksProxyUriPath ?? value.path,
    credential:
      credential === undefined
        ? value.credential
        : { accessKeyId: credential.AccessKeyId, secretAccessKey: credential.RawSecretAccessKey },
  }
}
