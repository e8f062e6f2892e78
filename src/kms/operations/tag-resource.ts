import { replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { NOT_PENDING_DELETION } from '../keys/key-state.ts'
import { mergeTags, parseTags, requestTagKeys, TAG_LIST } from '../keys/key-tags.ts'

/** Adds tags to a key and changes the values of those it has. Source: AWS KMS API Reference, "TagResource". */
export const tagResource = keyOperation(
  {
    name: 'TagResource',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: NOT_PENDING_DELETION,
    input: { KeyId: KEY_ID, Tags: TAG_LIST },
    context: (input) => requestTagKeys(input.Tags, () => undefined),
  },
  ({ input, key }) => {
    const tags = mergeTags(key.record.value.tags, parseTags(input.Tags))
    return {
      changes: [replace(key.record, { ...key.record.value, tags })],
      event: { response: { keyId: key.arn } },
    }
  },
)
