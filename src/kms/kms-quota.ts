import { KmsError } from '../api/errors.ts'
import type { Quotas, Wanted } from '../quotas/quota-service.ts'

/**
 * The names of quotas in messages. Source: recorded answers of AWS KMS; of grants and key stores, by analogy.
 */
const TITLES: Readonly<Record<string, string>> = {
  'kms.keys': 'Key',
  'kms.aliases-per-key': 'Aliases per key',
  'kms.grants-per-key': 'Grants per key',
  'kms.custom-key-stores': 'Custom key stores',
}

/**
 * Checks that the quota allows one more.
 *
 * @param present how many there are.
 * @throws LimitExceededException.
 */
export async function checkQuota(
  quotas: Pick<Quotas, 'exceeded'>,
  wanted: Omit<Wanted, 'amount'>,
  present: number,
): Promise<void> {
  const limit = await quotas.exceeded({ ...wanted, amount: present + 1 })
  if (limit === undefined) return
  const title = TITLES[wanted.quota] ?? wanted.quota
  throw new KmsError(
    'LimitExceededException',
    `${title} quota for this account in this region is ${limit}, current usage is ${present}.`,
  )
}
