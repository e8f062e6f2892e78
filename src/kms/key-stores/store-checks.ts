import { KmsError } from '../../api/errors.ts'
import type { Call } from '../../dispatch/operation.ts'
import { XksFailure } from '../../xks/client/failure.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { type CustomKeyStore, type ExternalStoreValue, isClusterStore, targetOf } from './custom-key-store.ts'
import { askProxy } from './xks-errors.ts'

type Uri = Pick<ExternalStoreValue, 'endpoint' | 'path'>

/** @param others the other stores of the account and region. @throws CustomKeyStoreNameInUseException. */
export function checkStoreName(name: string, others: readonly CustomKeyStore[]): void {
  if (!others.some(({ value }) => value.name === name)) return
  throw new KmsError(
    'CustomKeyStoreNameInUseException',
    `The custom key store name ${name} is already in use.`,
  )
}

/** @param others the other stores of the account and region. @throws XksProxyUriInUseException. */
export function checkStoreUri({ endpoint, path }: Uri, others: readonly CustomKeyStore[]): void {
  const same = ({ value }: CustomKeyStore): boolean =>
    !isClusterStore(value) && value.path === path && value.endpoint.toLowerCase() === endpoint.toLowerCase()
  if (!others.some(same)) return
  throw new KmsError(
    'XksProxyUriInUseException',
    `The proxy at ${endpoint}${path} is already used by another external key store.`,
  )
}

/**
 * Asks a proxy for its health, with the settings of a store.
 *
 * @throws the XksProxy… exceptions.
 */
export async function checkProxy(
  dependencies: KmsDependencies,
  call: Call,
  operation: string,
  value: Pick<ExternalStoreValue, 'endpoint' | 'path' | 'credential'>,
): Promise<void> {
  const target = targetOf(call.region, value)
  await askProxy('store', askHealth(dependencies, target, { operation, requestId: call.requestId }))
}

/** @throws XksFailure, also when every key manager behind the proxy is unavailable. */
export async function askHealth(
  dependencies: Pick<KmsDependencies, 'xks'>,
  target: Parameters<KmsDependencies['xks']['health']>[0],
  purpose: { readonly operation: string; readonly requestId: string },
): Promise<void> {
  const { available } = await dependencies.xks.health(target, purpose)
  if (!available) throw new XksFailure('Unreachable', 'every external key manager is unavailable')
}
