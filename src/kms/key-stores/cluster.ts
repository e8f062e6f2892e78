import { KmsError } from '../../api/errors.ts'
import { TokenFailure } from '../../pkcs11/failure.ts'
import { isTrustAnchor, type TokenKeys, type Tokens } from '../../pkcs11/tokens.ts'
import { type ClusterStoreValue, type CustomKeyStore, isClusterStore } from './custom-key-store.ts'
import { clusterNotFound } from './store-input.ts'
import { askToken } from './token-errors.ts'

/** What a request says of a cluster. */
export type ClusterInput = { readonly clusterId: string; readonly trustAnchor: string }

/**
 * Checks that a cluster can be that of a store.
 *
 * @param others the other stores of the account and region.
 * @throws the CloudHsmCluster… exceptions, IncorrectTrustAnchorException.
 */
export async function checkCluster(
  tokens: Tokens,
  account: string,
  { clusterId, trustAnchor }: ClusterInput,
  others: readonly CustomKeyStore[],
): Promise<void> {
  const found = findCluster(tokens, account, clusterId)
  if (others.some(({ value }) => isClusterStore(value) && value.cluster.id === clusterId))
    throw new KmsError(
      'CloudHsmClusterInUseException',
      `The cluster ${clusterId} is already associated with a custom key store.`,
    )
  if (!isTrustAnchor(found.cluster, trustAnchor))
    throw new KmsError(
      'IncorrectTrustAnchorException',
      `The trust anchor certificate is not that of the cluster ${clusterId}.`,
    )
  await askToken('store', found.keys.facts())
}

/** The token of a cluster. @throws CloudHsmClusterNotFoundException. */
export function findCluster(
  tokens: Tokens,
  account: string,
  clusterId: string,
): NonNullable<ReturnType<Tokens['ofCluster']>> {
  const found = tokens.ofCluster(account, clusterId)
  if (found === undefined) throw clusterNotFound(clusterId)
  return found
}

/** Logs in to the token of a store that is being connected. @throws TokenFailure. */
export async function connectCluster(
  tokens: Tokens,
  account: string,
  { cluster }: ClusterStoreValue,
): Promise<void> {
  await keysOfCluster(tokens, account, cluster.id).login(cluster.password)
}

/** The keys of a cluster that a store has. @throws TokenFailure when the operator has taken it away. */
export function keysOfCluster(tokens: Tokens, account: string, clusterId: string): TokenKeys {
  const found = tokens.ofCluster(account, clusterId)
  if (found !== undefined) return found.keys
  throw new TokenFailure('ClusterGone', `no token is configured for the cluster ${clusterId}`)
}

/** The name of a key's material in its token: AWS gives it the id of the KMS key too. */
export function tokenLabel(keyId: string): string {
  return keyId
}
