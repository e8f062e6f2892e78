import { type Input, type Members, optional } from '../../api/shapes.ts'
import type { Call } from '../../dispatch/operation.ts'
import { replace } from '../../store/records.ts'
import { accountOperation } from '../account-operation.ts'
import {
  type CustomKeyStore,
  type CustomKeyStoreValue,
  getStore,
  readStores,
  storeEventData,
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
  checkMembers(input)
  checkConnection(store, input)
  const service = input.XksProxyVpcEndpointServiceName
  if (service !== undefined) throw endpointServiceNotFound(service)
  const value = withChanges(store.value, input)
  const { register, stores } = await readStores(scope)
  const others = stores.filter(({ name }) => name !== store.name)
  checkStoreName(value.name, others)
  checkStoreUri(value, others)
  if (reachesProxyAnew(input)) await checkProxy(dependencies, call, 'UpdateCustomKeyStore', value)
  return {
    output: {},
    // The register is replaced too, so that no other store takes the name at the same time.
    changes: [replace(store, value), ...(register === undefined ? [] : [replace(register, register.value)])],
    event: { additional: storeEventData({ ...store, value }) },
  }
}

/** @throws ValidationException for members that external key stores do not have. */
function checkMembers(input: UpdateInput): void {
  for (const name of ['CloudHsmClusterId', 'KeyStorePassword'] as const) {
    if (input[name] !== undefined) throw invalidInput(`${name} is not valid for EXTERNAL_KEY_STORE.`)
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
  if (input.XksProxyUriEndpoint !== undefined || input.XksProxyConnectivity !== undefined) {
    throw storeStateError(store, 'DISCONNECTED')
  }
  if (state !== 'CONNECTED') throw storeStateError(store, 'CONNECTED or DISCONNECTED')
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
  const credential = input.XksProxyAuthenticationCredential
  return {
    ...value,
    name: input.NewCustomKeyStoreName ?? value.name,
    endpoint: input.XksProxyUriEndpoint ?? value.endpoint,
    path: input.XksProxyUriPath ?? value.path,
    credential:
      credential === undefined
        ? value.credential
        : { accessKeyId: credential.AccessKeyId, secretAccessKey: credential.RawSecretAccessKey },
  }
}
