import { always, boolean, list, text } from '../../api/shapes.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { POLICY_NAME } from '../keys/key-policy.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import { PAGING, pageEnd, pageOf } from '../kms-paging.ts'

const PAGE_SIZE = { byDefault: 100, max: 1000 }

/** Lists the names of a key's policies: always one. Source: AWS KMS API Reference, "ListKeyPolicies". */
export const listKeyPolicies = keyOperation(
  {
    name: 'ListKeyPolicies',
    readOnly: true,
    aliases: false,
    crossAccount: false,
    states: ANY_STATE,
    input: { KeyId: KEY_ID, ...PAGING },
    output: { NextMarker: text(), PolicyNames: always(list(text())), Truncated: always(boolean()) },
  },
  ({ input }) => {
    const { items, next } = pageOf([POLICY_NAME], input, PAGE_SIZE)
    return { output: { PolicyNames: items, ...pageEnd(next) } }
  },
)
