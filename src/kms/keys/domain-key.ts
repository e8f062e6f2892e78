import { StoreConflict } from '../../store/port.ts'
import { insert } from '../../store/records.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { CURRENT_DOMAIN_KEY, DOMAIN_KEY, partitionOf } from './key-record.ts'

const CURRENT = 'current'

/** The id of the domain key that wraps new material in an account and region; made at first use. */
export async function currentDomainKey(
  dependencies: Pick<KmsDependencies, 'records' | 'custody' | 'random'>,
  account: string,
  region: string,
  now: number,
): Promise<string> {
  const partition = partitionOf(account, region)
  const current = await dependencies.records.get(CURRENT_DOMAIN_KEY, partition, CURRENT)
  if (current !== undefined) return current.value.domainKeyId
  const domainKeyId = dependencies.random.uuid()
  const wrapped = dependencies.custody.createDomainKey({ account, region }, domainKeyId)
  try {
    await dependencies.records.commit([
      insert(DOMAIN_KEY, partition, domainKeyId, { format: 1, ...wrapped, createdAt: now }),
      insert(CURRENT_DOMAIN_KEY, partition, CURRENT, { format: 1, domainKeyId }),
    ])
    return domainKeyId
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
    return currentDomainKey(dependencies, account, region, now)
  }
}
