import { always, boolean, list, text } from '../../api/shapes.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import { TAG_ANSWER } from '../kms-answers.ts'
import { PAGING, pageEnd, pageOf } from '../kms-paging.ts'

const PAGE_SIZE = { byDefault: 50, max: 50 }

/** Lists the tags of a key. Source: AWS KMS API Reference, "ListResourceTags". */
export const listResourceTags = keyOperation(
  {
    name: 'ListResourceTags',
    readOnly: true,
    aliases: false,
    crossAccount: false,
    states: ANY_STATE,
    input: { KeyId: KEY_ID, ...PAGING },
    output: { NextMarker: text(), Tags: always(list(TAG_ANSWER)), Truncated: always(boolean()) },
  },
  ({ input, key }) => {
    const { items, next } = pageOf(key.record.value.tags, input, PAGE_SIZE)
    const tags = items.map((tag) => ({ TagKey: tag.key, TagValue: tag.value }))
    return { output: { Tags: tags, ...pageEnd(next) } }
  },
)
