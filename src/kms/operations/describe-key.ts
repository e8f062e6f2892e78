import { always } from '../../api/shapes.ts'
import { GRANT_TOKENS, KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext, requestAlias } from '../keys/key-context.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import { makeManagedKey } from '../keys/managed-key.ts'
import { keyMetadata } from '../keys/metadata.ts'
import { KEY_METADATA_ANSWER } from '../kms-answers.ts'

/** Returns a key's metadata. Source: AWS KMS API Reference, "DescribeKey". */
export const describeKey = keyOperation(
  {
    name: 'DescribeKey',
    readOnly: true,
    aliases: true,
    crossAccount: true,
    states: ANY_STATE,
    makeMissing: makeManagedKey,
    input: { KeyId: KEY_ID, GrantTokens: GRANT_TOKENS },
    output: { KeyMetadata: always(KEY_METADATA_ANSWER) },
    context: (input) => entriesContext({ 'kms:requestalias': requestAlias(input.KeyId) }),
  },
  ({ key }) => ({ output: { KeyMetadata: keyMetadata(key) } }),
)
