import { keyArn } from '../../api/arn.ts'
import type { EpochMs } from '../../base/ports.ts'
import { partitionOf } from '../../kms/keys/key-record.ts'
import { LISTED_KEY, type ListedKey } from '../../kms/keys/listed-key.ts'
import { LIST_MAX_RECORDS, type Records, type SummaryPage } from '../../store/records.ts'

/** The facts for the cost of a key. */
export type ChargedKey = {
  readonly arn: string
  readonly spec: string
  readonly createdAt: EpochMs
  /** Whether it has a cost: on AWS, a key pending deletion has none. */
  readonly charged: boolean
}

type Page = SummaryPage<ListedKey>

/** Every key of an account in a region. */
export async function* chargedKeys(
  records: Records,
  account: string,
  region: string,
): AsyncGenerator<ChargedKey> {
  const partition = partitionOf(account, region)
  let after: Page['next']
  do {
    const page: Page = await records.listSummaries(LISTED_KEY, { partition, after, limit: LIST_MAX_RECORDS })
    for (const { name, summary } of page.records) {
      const { spec, createdAt, isPendingDeletion } = summary
      yield { arn: keyArn(region, account, name), spec, createdAt, charged: !isPendingDeletion }
    }
    after = page.next
  } while (after !== undefined)
}
