import { StoreConflict } from '../../store/port.ts'
import { insert } from '../../store/records.ts'
import type { KmsParts } from '../kms-dependencies.ts'
import { CURRENT_DOMAIN_KEY, DOMAIN_KEY, partitionOf } from './key-record.ts'

const CURRENT = 'current'

/** The id of the domain key that wraps new material in an account and region; made at first use. */
export async function currentDomainKey(
  parts: Pick<KmsParts, 'records' | 'custody' | 'random'>,
  account: string,
  region: string,
  now: number,
): Promise<string> {
  const partition = partitionOf(account, region)
  const current = await parts.records.get(CURRENT_DOMAIN_KEY, partition, CURRENT)
  if (current !== undefined) return current.value.domainKeyId
  const domainKeyId = parts.random.uuid()
  const wrapped = parts.custody.createDomainKey({ account, region }, domainKeyId)
  try {
    await parts.records.commit([
      insert(DOMAIN_KEY, partition, domainKeyId, { format: 1, ...wrapped, createdAt: now }),
      insert(CURRENT_DOMAIN_KEY, partition, CURRENT, { format: 1, domainKeyId }),
    ])
    return domainKeyId
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
    return currentDomainKey(parts, account, region, now)
  }
}
