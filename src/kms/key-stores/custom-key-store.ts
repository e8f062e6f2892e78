import { KmsError } from '../../api/errors.ts'
import type { EpochMs } from '../../base/ports.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind, Records, Stored } from '../../store/records.ts'
import type { XksTarget } from '../../xks/client/client.ts'
import { partitionOf } from '../keys/key-record.ts'
import type { ConnectionErrorCode } from './connection-errors.ts'

/**
 * Whether a store can be used.
 *
 * States: DISCONNECTED at first; CONNECTING when that is asked for, until the proxy or the token has been asked
 * (see {@link CONNECTING}); then CONNECTED or FAILED; DISCONNECTED from any of them by request.
 */
export type Connection =
  | { readonly state: 'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' }
  | { readonly state: 'FAILED'; readonly errorCode: ConnectionErrorCode }

/** The credential for calling a proxy. The same object as long as the record is the same. */
type ProxyCredential = { readonly accessKeyId: string; readonly secretAccessKey: string }

type StoreValue = {
  readonly format: 1
  readonly name: string
  readonly createdAt: EpochMs
  readonly connection: Connection
}

/** An external key store: one with a public endpoint. */
export type ExternalStoreValue = StoreValue & {
  readonly endpoint: string
  readonly path: string
  readonly credential: ProxyCredential
}

/** A key store of type AWS_CLOUDHSM, whose cluster is a PKCS #11 token. */
export type ClusterStoreValue = StoreValue & {
  readonly cluster: {
    readonly id: string
    /** What has to be the PIN of the token when the store is connected. */
    readonly password: string
    /** PEM. */
    readonly trustAnchor: string
  }
}

/** A custom key store. Partition: `<account>/<region>`; name: its id. */
export type CustomKeyStoreValue = ExternalStoreValue | ClusterStoreValue

/** Whether a store is of type AWS_CLOUDHSM. */
export function isClusterStore(value: CustomKeyStoreValue): value is ClusterStoreValue {
  return 'cluster' in value
}

/** The kind of custom key stores. */
export const CUSTOM_KEY_STORE: Kind<CustomKeyStoreValue> = kindOfFormat1('custom-key-store')

/**
 * The ids of an account's stores in a region, oldest first. Names and endpoints are unique and stores are
 * counted; so every change that must not be concurrent with another replaces this record. Partition:
 * `<account>/<region>`; name: `all`.
 */
export const STORE_REGISTER: Kind<{ readonly format: 1; readonly ids: readonly string[] }> =
  kindOfFormat1('custom-key-stores')

/** The one name of a register. */
export const REGISTER_NAME = 'all'

/**
 * A KMS key of a store. Partition: `<account>/<region>/<store id>`; name: the external key's id, or in a store of type
 * AWS_CLOUDHSM the key's own.
 */
export const STORE_KEY: Kind<{ readonly format: 1; readonly keyId: string }> =
  kindOfFormat1('custom-key-store-key')

/**
 * A note to connect a store. It stays until there is an outcome, so a process that ends before leaves the
 * work to the next. Partition: {@link CONNECTING_PARTITION}; name: unique.
 */
export type ConnectingValue = {
  readonly format: 1
  readonly account: string
  readonly region: string
  readonly storeId: string
  /** For the proxy's log: the request that caused it. */
  readonly requestId: string
}

/** The kind of notes. */
export const CONNECTING: Kind<ConnectingValue> = kindOfFormat1('custom-key-store-connecting')

/** The one partition of notes. */
export const CONNECTING_PARTITION = 'all'

/** A store as operations see it. */
export type CustomKeyStore = Stored<CustomKeyStoreValue>

/** Where stores are looked up. */
export type StoreScope = { readonly records: Records; readonly account: string; readonly region: string }

/** The partition of a store's keys. */
export function storeKeyPartition(account: string, region: string, storeId: string): string {
  return `${account}/${region}/${storeId}`
}

/** A store by its id, or nothing. */
export async function findStore(scope: StoreScope, storeId: string): Promise<CustomKeyStore | undefined> {
  const partition = partitionOf(scope.account, scope.region)
  return (
    scope.records.peek(CUSTOM_KEY_STORE, partition, storeId) ??
    (await scope.records.get(CUSTOM_KEY_STORE, partition, storeId))
  )
}

/** A store by its id. @throws CustomKeyStoreNotFoundException. */
export async function getStore(scope: StoreScope, storeId: string): Promise<CustomKeyStore> {
  const store = await findStore(scope, storeId)
  if (store === undefined) throw storeNotFound(`with the ID ${storeId}`)
  return store
}

/** The error for a store that does not exist. */
export function storeNotFound(which: string): KmsError {
  return new KmsError('CustomKeyStoreNotFoundException', `There is no custom key store ${which}.`)
}

/** The error for a store whose state does not allow the operation. */
export function storeStateError(store: CustomKeyStore, needed: string): KmsError {
  const { state } = store.value.connection
  return new KmsError(
    'CustomKeyStoreInvalidStateException',
    `The custom key store ${store.name} is ${state}, and must be ${needed}.`,
  )
}

/** The register of an account in a region, if there is one, and its stores. */
export async function readStores(scope: StoreScope): Promise<{
  readonly register: Stored<{ readonly format: 1; readonly ids: readonly string[] }> | undefined
  readonly stores: readonly CustomKeyStore[]
}> {
  const partition = partitionOf(scope.account, scope.region)
  const register = await scope.records.get(STORE_REGISTER, partition, REGISTER_NAME)
  const stores: CustomKeyStore[] = []
  for (const id of register?.value.ids ?? []) {
    const store = await findStore(scope, id)
    if (store !== undefined) stores.push(store)
  }
  return { register, stores }
}

/** The target of calls to a store's proxy. */
export function targetOf(
  region: string,
  value: Pick<ExternalStoreValue, 'endpoint' | 'path' | 'credential'>,
): XksTarget {
  return { endpoint: value.endpoint, path: value.path, region, credentials: value.credential }
}

/** The data of a store in an audit event, beside the request. */
export function storeEventData({ value }: CustomKeyStore): { readonly [name: string]: unknown } {
  if (isClusterStore(value)) return { customKeyStoreName: value.name, clusterId: value.cluster.id }
  return {
    customKeyStoreName: value.name,
    xksProxyUriEndpoint: value.endpoint,
    xksProxyUriPath: value.path,
  }
}

/**
 * A note to destroy the key of a deleted KMS key in a token. It stays until the token has done so. Partition:
 * {@link CONNECTING_PARTITION}; name: the key's id.
 */
export const TOKEN_KEY_DISPOSAL: Kind<TokenKeyDisposal> = kindOfFormat1('token-key-disposal')

/** What is to be destroyed. */
export type TokenKeyDisposal = { readonly format: 1; readonly account: string; readonly clusterId: string }
