import { list, text } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext } from '../keys/key-context.ts'
import { NOT_PENDING_DELETION } from '../keys/key-state.ts'

/** Removes tags from a key; unknown ones are ignored. Source: AWS KMS API Reference, "UntagResource". */
export const untagResource = keyOperation(
  {
    name: 'UntagResource',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: NOT_PENDING_DELETION,
    input: { KeyId: KEY_ID, TagKeys: list(text({ min: 1, max: 128 })) },
    context: (input) => entriesContext({ 'aws:tagkeys': input.TagKeys }),
  },
  ({ input, key }) => {
    const tags = key.record.value.tags.filter((tag) => !input.TagKeys.includes(tag.key))
    return {
      changes: [replace(key.record, { ...key.record.value, tags })],
      event: { response: { keyId: key.arn } },
    }
  },
)
