import { keyArn } from '../../api/arn.ts'
import { always, boolean, list, text } from '../../api/shapes.ts'
import { accountOperation } from '../account-operation.ts'
import { partitionOf } from '../keys/key-record.ts'
import { LISTED_KEY } from '../keys/listed-key.ts'
import { KEY_LIST_ENTRY_ANSWER } from '../kms-answers.ts'
import { PAGING, pageEnd, pageLimit, storeMarker } from '../kms-paging.ts'

const PAGE_SIZE = { byDefault: 100, max: 1000 }

/** Lists the keys of the caller's account in one region. Source: AWS KMS API Reference, "ListKeys". */
export const listKeys = accountOperation(
  {
    name: 'ListKeys',
    readOnly: true,
    input: PAGING,
    output: { Keys: always(list(KEY_LIST_ENTRY_ANSWER)), NextMarker: text(), Truncated: always(boolean()) },
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const partition = partitionOf(account, call.region)
    const limit = pageLimit(input, PAGE_SIZE)
    const page = await dependencies.records.listSummaries(LISTED_KEY, {
      partition,
      after: storeMarker(input),
      limit,
    })
    const keys = page.records
      .filter(({ summary: { goneAt } }) => goneAt === undefined || goneAt > call.now)
      .map(({ name }) => ({ KeyArn: keyArn(call.region, account, name), KeyId: name }))
    return { output: { Keys: keys, ...pageEnd(page.next) } }
  },
)
