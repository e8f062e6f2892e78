import type { KmsError } from '../../api/errors.ts'
import { always, type Input, type Members, oneOf, optional, text } from '../../api/shapes.ts'
import { toHex } from '../../base/bytes.ts'
import type { Call } from '../../dispatch/operation.ts'
import { insert, replace } from '../../store/records.ts'
import { accountOperation } from '../account-operation.ts'
import { checkCluster, findCluster } from '../key-stores/cluster.ts'
import {
  type ClusterStoreValue,
  CUSTOM_KEY_STORE,
  type CustomKeyStore,
  type CustomKeyStoreValue,
  type ExternalStoreValue,
  REGISTER_NAME,
  readStores,
  STORE_REGISTER,
} from '../key-stores/custom-key-store.ts'
import { checkProxy, checkStoreName, checkStoreUri } from '../key-stores/store-checks.ts'
import {
  endpointServiceNotFound,
  invalidInput,
  STORE_NAME,
  STORE_SETTINGS,
} from '../key-stores/store-input.ts'
import { partitionOf } from '../keys/key-record.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { checkQuota } from '../kms-quota.ts'

const INPUT = {
  CustomKeyStoreName: STORE_NAME,
  TrustAnchorCertificate: optional(text({ min: 1, max: 5000 })),
  CustomKeyStoreType: optional(oneOf('AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE')),
  ...STORE_SETTINGS,
} satisfies Members

type CreateInput = Input<typeof INPUT>

/** Registers an external key store proxy, or a cluster. Source: AWS KMS API Reference, "CreateCustomKeyStore". */
export const createCustomKeyStore = accountOperation(
  {
    name: 'CreateCustomKeyStore',
    readOnly: false,
    input: INPUT,
    output: { CustomKeyStoreId: always(text()) },
    checkInput: (input) => void settingsOf(input),
    parameters: ({ TrustAnchorCertificate: _, ...input }) => ({
      CustomKeyStoreType: 'AWS_CLOUDHSM',
      ...input,
    }),
  },
  ({ call, input, dependencies }) => create(call, input, dependencies),
)

const CLOUDHSM_MEMBERS = ['CloudHsmClusterId', 'KeyStorePassword', 'TrustAnchorCertificate'] as const
const XKS_MEMBERS = [
  'XksProxyUriEndpoint',
  'XksProxyUriPath',
  'XksProxyAuthenticationCredential',
  'XksProxyConnectivity',
] as const
const VPC_MEMBERS = ['XksProxyVpcEndpointServiceName', 'XksProxyVpcEndpointServiceOwner'] as const

type Settings =
  | { readonly type: 'cluster'; readonly cluster: ClusterStoreValue['cluster'] }
  | { readonly type: 'service'; readonly name: string }
  | { readonly type: 'proxy'; readonly proxy: Proxy }

type Proxy = Pick<ExternalStoreValue, 'endpoint' | 'path' | 'credential'>

/** @throws ValidationException unless the members are those of the store's type. */
function settingsOf(input: CreateInput): Settings {
  const type = input.CustomKeyStoreType ?? 'AWS_CLOUDHSM'
  const external = type === 'EXTERNAL_KEY_STORE'
  refuseMembers(input, external ? CLOUDHSM_MEMBERS : [...XKS_MEMBERS, ...VPC_MEMBERS], type)
  const { CloudHsmClusterId, KeyStorePassword, TrustAnchorCertificate } = input
  if (!external) {
    if (!CloudHsmClusterId || !KeyStorePassword || !TrustAnchorCertificate) {
      throw missingMembers(CLOUDHSM_MEMBERS, type)
    }
    return {
      type: 'cluster',
      cluster: { id: CloudHsmClusterId, password: KeyStorePassword, trustAnchor: TrustAnchorCertificate },
    }
  }
  const { XksProxyUriEndpoint, XksProxyUriPath, XksProxyAuthenticationCredential } = input
  if (
    XksProxyUriEndpoint === undefined ||
    XksProxyUriPath === undefined ||
    XksProxyAuthenticationCredential === undefined ||
    input.XksProxyConnectivity === undefined
  ) {
    throw missingMembers(XKS_MEMBERS, type)
  }
  if (input.XksProxyConnectivity === 'VPC_ENDPOINT_SERVICE') {
    const name = input.XksProxyVpcEndpointServiceName
    if (name === undefined) throw missingMembers(['XksProxyVpcEndpointServiceName'], 'VPC_ENDPOINT_SERVICE')
    return { type: 'service', name }
  }
  refuseMembers(input, VPC_MEMBERS, 'PUBLIC_ENDPOINT')
  const { AccessKeyId, RawSecretAccessKey } = XksProxyAuthenticationCredential
  return {
    type: 'proxy',
    proxy: {
      endpoint: XksProxyUriEndpoint,
      path: XksProxyUriPath,
      credential: { accessKeyId: AccessKeyId, secretAccessKey: RawSecretAccessKey },
    },
  }
}

function refuseMembers(input: CreateInput, names: readonly (keyof CreateInput)[], type: string): void {
  const wrong = names.find((name) => input[name] !== undefined)
  if (wrong !== undefined) throw invalidInput(`${wrong} is not valid for ${type}.`)
}

function missingMembers(names: readonly string[], type: string): KmsError {
  return invalidInput(`${names.join(', ')} must be given for ${type}.`)
}

async function create(call: Call, input: CreateInput, dependencies: KmsDependencies) {
  const settings = settingsOf(input)
  if (settings.type === 'service') throw endpointServiceNotFound(settings.name)
  const { account } = call.caller
  if (settings.type === 'cluster') findCluster(dependencies.tokens, account, settings.cluster.id)
  const { register, stores } = await readStores({
    records: dependencies.records,
    account,
    region: call.region,
  })
  checkStoreName(input.CustomKeyStoreName, stores)
  await checkQuota(
    dependencies.quotas,
    { account, region: call.region, quota: 'kms.custom-key-stores' },
    stores.length,
  )
  await checkReached(call, dependencies, settings, stores)
  const storeId = newStoreId(dependencies)
  const partition = partitionOf(account, call.region)
  const ids = { format: 1 as const, ids: [...(register?.value.ids ?? []), storeId] }
  const value: CustomKeyStoreValue = {
    format: 1,
    name: input.CustomKeyStoreName,
    createdAt: call.now,
    connection: { state: 'DISCONNECTED' },
    ...(settings.type === 'cluster' ? { cluster: settings.cluster } : settings.proxy),
  }
  return {
    output: { CustomKeyStoreId: storeId },
    changes: [
      insert(CUSTOM_KEY_STORE, partition, storeId, value),
      register === undefined ? insert(STORE_REGISTER, partition, REGISTER_NAME, ids) : replace(register, ids),
    ],
    event: { response: { customKeyStoreId: storeId } },
  }
}

/** @throws the exceptions for a cluster or a proxy that cannot be that of another store, or cannot be used. */
async function checkReached(
  call: Call,
  dependencies: KmsDependencies,
  settings: Exclude<Settings, { readonly type: 'service' }>,
  stores: readonly CustomKeyStore[],
): Promise<void> {
  if (settings.type === 'cluster') {
    const { id: clusterId, trustAnchor } = settings.cluster
    await checkCluster(dependencies.tokens, call.caller.account, { clusterId, trustAnchor }, stores)
    return
  }
  checkStoreUri(settings.proxy, stores)
  await checkProxy(dependencies, call, 'CreateCustomKeyStore', settings.proxy)
}

const STORE_ID_RANDOM_BYTES = 9
const STORE_ID_DIGITS = 17

/** `cks-` and 17 hexadecimal digits, as AWS writes them. */
function newStoreId({ random }: KmsDependencies): string {
  return `cks-${toHex(random.bytes(STORE_ID_RANDOM_BYTES)).slice(0, STORE_ID_DIGITS)}`
}
