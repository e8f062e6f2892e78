import { StoreConflict } from '../../store/port.ts'
import { insert } from '../../store/records.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { CURRENT_KEK, KEK, partitionOf } from './key-record.ts'

const CURRENT = 'current'

/**
 * The id of the key-encryption key that wraps new key material in an account and region; made at first use.
 */
export async function currentKek(
  dependencies: Pick<KmsDependencies, 'records' | 'custody' | 'random'>,
  account: string,
  region: string,
  now: number,
): Promise<string> {
  const partition = partitionOf(account, region)
  const current = await dependencies.records.get(CURRENT_KEK, partition, CURRENT)
  if (current !== undefined) return current.value.domainKeyId
  const kekId = dependencies.random.uuid()
  const wrapped = dependencies.custody.createKek({ account, region }, kekId)
  try {
    await dependencies.records.commit([
      insert(KEK, partition, kekId, { format: 1, ...wrapped, createdAt: now }),
      insert(CURRENT_KEK, partition, CURRENT, { format: 1, domainKeyId: kekId }),
    ])
    return kekId
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
    return currentKek(dependencies, account, region, now)
  }
}
