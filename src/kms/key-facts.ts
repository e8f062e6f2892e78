import { keyArn } from '../api/arn.ts'
import type { EpochMs } from '../base/ports.ts'
import { LIST_MAX_RECORDS, type Page as RecordPage, type Records } from '../store/records.ts'
import { KEY, type KeyValue, partitionOf } from './key-record.ts'

/** What reports say of a key. */
export type KeyFacts = {
  readonly arn: string
  readonly spec: string
  readonly createdAt: EpochMs
  /** Whether it costs anything: on AWS a key that waits for its deletion does not. */
  readonly charged: boolean
}

type Page = RecordPage<KeyValue>

/** Every key of an account in a region. */
export async function* keyFacts(records: Records, account: string, region: string): AsyncGenerator<KeyFacts> {
  const partition = partitionOf(account, region)
  let after: Page['next']
  do {
    const page: Page = await records.list(KEY, { partition, after, limit: LIST_MAX_RECORDS })
    for (const { name, value } of page.records) {
      const { spec, createdAt, state } = value
      yield { arn: keyArn(region, account, name), spec, createdAt, charged: state !== 'PendingDeletion' }
    }
    after = page.next
  } while (after !== undefined)
}
