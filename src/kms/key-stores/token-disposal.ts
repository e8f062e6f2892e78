import { type Change, type Records, remove, type Stored } from '../../store/records.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { keysOfCluster, tokenLabel } from './cluster.ts'
import type { TokenKeyDisposal } from './custom-key-store.ts'

/** Destroys the key of a deleted KMS key in its token. Returns the changes once it is gone. @throws TokenFailure. */
export async function disposeOfTokenKey(
  { tokens }: Pick<KmsDependencies, 'tokens'> & { readonly records: Records },
  note: Stored<TokenKeyDisposal>,
): Promise<readonly Change[]> {
  const { account, clusterId } = note.value
  await keysOfCluster(tokens, account, clusterId).destroy(tokenLabel(note.name))
  return [remove(note)]
}
