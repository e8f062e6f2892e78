import type { Input, Members } from '../../api/shapes.ts'
import { defineOperation, type Invocation } from '../../dispatch/define-operation.ts'
import type { Call } from '../../dispatch/operation.ts'
import { remove } from '../../store/records.ts'
import { keyPermission, resolveKey } from '../key-operation.ts'
import {
  ALIAS_NAME,
  aliasPermission,
  checkAliasName,
  getAlias,
  involveAlias,
  withoutAlias,
} from '../keys/aliases.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import type { KmsDependencies, KmsOperation } from '../kms-dependencies.ts'

const INPUT = { AliasName: ALIAS_NAME } satisfies Members
const FACTS = { name: 'DeleteAlias', aliases: false, crossAccount: false, states: ANY_STATE }

/** Deletes an alias. Source: AWS KMS API Reference, "DeleteAlias". */
export const deleteAlias: KmsOperation = defineOperation(
  {
    service: 'kms',
    name: 'DeleteAlias',
    readOnly: false,
    input: INPUT,
    onKey: FACTS,
  },
  ({ call, input, dependencies }: Invocation<typeof INPUT, KmsDependencies>) =>
    begin(call, input, dependencies),
)

async function begin(call: Call, input: Input<typeof INPUT>, dependencies: KmsDependencies) {
  const name = input.AliasName
  checkAliasName(name)
  const alias = await getAlias(call, dependencies, name)
  involveAlias(call, name)
  const key = await resolveKey({ call, dependencies, facts: FACTS, text: alias.value.keyId })
  return {
    permissions: [
      aliasPermission(call, name, 'DeleteAlias'),
      keyPermission({ call, key, dependencies }, 'DeleteAlias', () => undefined),
    ],
    run: () => ({ changes: [remove(alias), withoutAlias(key, name)] }),
  }
}
