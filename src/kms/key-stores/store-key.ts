import { KmsError } from '../../api/errors.ts'
import type { KeyOrigin } from '../../api/key-specs.ts'
import { utf8 } from '../../base/bytes.ts'
import type { Call } from '../../dispatch/operation.ts'
import { type Change, insert, replace } from '../../store/records.ts'
import type { ExternalKeyFacts } from '../../xks/client/responses.ts'
import { isExternalKeyId } from '../../xks/protocol/protocol.ts'
import { notConnected } from '../keys/key-state.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { keysOfCluster, tokenLabel } from './cluster.ts'
import {
  type ClusterStoreValue,
  type CustomKeyStore,
  type ExternalStoreValue,
  getStore,
  isClusterStore,
  STORE_KEY,
  storeKeyPartition,
  targetOf,
} from './custom-key-store.ts'
import { invalidInput } from './store-input.ts'
import { askToken } from './token-errors.ts'
import { askProxy } from './xks-errors.ts'

type StoreKeyInput = {
  readonly CustomKeyStoreId?: string | undefined
  readonly XksKeyId?: string | undefined
  readonly MultiRegion?: boolean | undefined
}

/** Whether keys of an origin are in a custom key store. */
function isStoreOrigin(origin: KeyOrigin): boolean {
  return origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE'
}

/**
 * Checks that CreateKey names a store and a key in it if the origin needs them, and only then.
 *
 * @throws ValidationException, UnsupportedOperationException.
 */
export function checkStoreMembers(input: StoreKeyInput, origin: KeyOrigin): void {
  if (isStoreOrigin(origin) !== (input.CustomKeyStoreId !== undefined)) {
    throw invalidInput(
      isStoreOrigin(origin)
        ? `CustomKeyStoreId is required for Origin ${origin}.`
        : `CustomKeyStoreId is not valid for Origin ${origin}.`,
    )
  }
  if ((origin === 'EXTERNAL_KEY_STORE') !== (input.XksKeyId !== undefined)) {
    throw invalidInput(
      input.XksKeyId === undefined
        ? `XksKeyId is required for Origin ${origin}.`
        : `XksKeyId is not valid for Origin ${origin}.`,
    )
  }
  if (isStoreOrigin(origin) && input.MultiRegion === true) {
    throw new KmsError(
      'UnsupportedOperationException',
      'Multi-Region keys are not supported in custom key stores.',
    )
  }
}

/** A checked place for a key in a store. */
export type StorePlace = {
  /** The store in the key's record. */
  readonly keyStore: { readonly id: string; readonly xksKeyId?: string }
  readonly store: CustomKeyStore
  /** The changes that reserve the place for the key. */
  readonly changes: readonly Change[]
}

/**
 * The place that a request for a new key names; nothing when it names none.
 *
 * @throws CustomKeyStoreNotFoundException, CustomKeyStoreInvalidStateException, the XksKey… exceptions.
 */
export async function findStorePlace(
  call: Call,
  input: StoreKeyInput,
  dependencies: KmsDependencies,
  { origin, keyId }: { readonly origin: KeyOrigin; readonly keyId: string },
): Promise<StorePlace | undefined> {
  const { CustomKeyStoreId: storeId, XksKeyId: xksKeyId } = input
  if (storeId === undefined) return undefined
  const { account } = call.caller
  const { region } = call
  const store = await getStore({ records: dependencies.records, account, region }, storeId)
  const type = isClusterStore(store.value) ? 'AWS_CLOUDHSM' : 'EXTERNAL_KEY_STORE'
  if (origin !== type) {
    throw invalidInput(`Origin ${origin} is not valid for a custom key store of type ${type}.`)
  }
  if (store.value.connection.state !== 'CONNECTED') {
    throw new KmsError('CustomKeyStoreInvalidStateException', notConnected(origin))
  }
  const partition = storeKeyPartition(account, region, storeId)
  const reserve = (name: string): readonly Change[] => [
    insert(STORE_KEY, partition, name, { format: 1, keyId }),
    // Writes the store again, so that a concurrent deletion or disconnection conflicts.
    replace(store, store.value),
  ]
  if (isClusterStore(store.value)) {
    await makeTokenKey(call, dependencies, store.value, keyId)
    return { keyStore: { id: storeId }, store, changes: reserve(keyId) }
  }
  if (xksKeyId === undefined) throw invalidInput(`XksKeyId is required for Origin ${origin}.`)
  if ((await dependencies.records.get(STORE_KEY, partition, xksKeyId)) !== undefined) {
    throw new KmsError(
      'XksKeyAlreadyInUseException',
      `The external key ${xksKeyId} is already associated with a KMS key in the custom key store ${storeId}.`,
    )
  }
  await checkExternalKey(call, dependencies, store.value, xksKeyId)
  return {
    keyStore: { id: storeId, xksKeyId },
    store,
    changes: reserve(xksKeyId),
  }
}

async function makeTokenKey(
  call: Call,
  { tokens }: KmsDependencies,
  { cluster }: ClusterStoreValue,
  keyId: string,
): Promise<void> {
  const making = async () => {
    const keys = keysOfCluster(tokens, call.caller.account, cluster.id)
    await keys.generate(tokenLabel(keyId), utf8(keyId))
  }
  await askToken('createKey', making())
}

async function checkExternalKey(
  call: Call,
  dependencies: KmsDependencies,
  store: ExternalStoreValue,
  xksKeyId: string,
): Promise<void> {
  if (!isExternalKeyId(xksKeyId)) {
    throw new KmsError('XksKeyNotFoundException', `There is no external key ${xksKeyId}.`)
  }
  const key = { target: targetOf(call.region, store), keyId: xksKeyId }
  const purpose = {
    requestId: call.requestId,
    operation: 'CreateKey',
    subject: { principalArn: call.caller.arn },
  }
  const facts = await askProxy('createKey', dependencies.xks.keyMetadata(key, purpose))
  const fault = faultOf(facts)
  if (fault === undefined) return
  throw new KmsError('XksKeyInvalidConfigurationException', `The external key ${xksKeyId} ${fault}.`)
}

/** Source: AWS KMS Developer Guide, "Requirements for a KMS key in an external key store". */
function faultOf({ spec, usages, status }: ExternalKeyFacts): string | undefined {
  if (spec !== 'AES_256') return 'must be a 256-bit AES symmetric encryption key'
  if (!usages.includes('ENCRYPT') || !usages.includes('DECRYPT'))
    return 'must support encryption and decryption'
  return status === 'ENABLED' ? undefined : 'must be enabled'
}
