import { aliasArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import type { Input, Members } from '../../api/shapes.ts'
import { defineOperation, type Invocation } from '../../dispatch/define-operation.ts'
import type { Call } from '../../dispatch/operation.ts'
import { insert } from '../../store/records.ts'
import { KEY_ID, keyPermission, resolveKey } from '../key-operation.ts'
import {
  ALIAS_NAME,
  aliasPermission,
  checkAliasTarget,
  checkNewAliasName,
  findAlias,
  involveAlias,
  withAlias,
} from '../keys/aliases.ts'
import { ALIAS, partitionOf } from '../keys/key-record.ts'
import { checkState, NOT_PENDING_DELETION } from '../keys/key-state.ts'
import type { KmsDependencies, KmsOperation } from '../kms-dependencies.ts'

const INPUT = { AliasName: ALIAS_NAME, TargetKeyId: KEY_ID } satisfies Members
const FACTS = { name: 'CreateAlias', aliases: false, crossAccount: false, states: NOT_PENDING_DELETION }

/** Creates an alias for a key. Source: AWS KMS API Reference, "CreateAlias". */
export const createAlias: KmsOperation = defineOperation(
  {
    service: 'kms',
    name: 'CreateAlias',
    readOnly: false,
    input: INPUT,
    onKey: FACTS,
  },
  ({ call, input, dependencies }: Invocation<typeof INPUT, KmsDependencies>) =>
    begin(call, input, dependencies),
)

async function begin(call: Call, input: Input<typeof INPUT>, dependencies: KmsDependencies) {
  const name = input.AliasName
  checkNewAliasName(name)
  checkAliasTarget(input.TargetKeyId)
  const key = await resolveKey({ call, dependencies, facts: FACTS, text: input.TargetKeyId })
  involveAlias(call, name)
  const existing = await findAlias(call, dependencies, name)
  const { account } = call.caller
  return {
    permissions: [
      aliasPermission(call, name, 'CreateAlias'),
      keyPermission({ call, key, dependencies }, 'CreateAlias', () => undefined),
    ],
    check: () => {
      checkState(key, FACTS.states)
      if (existing !== undefined) {
        const arn = aliasArn(call.region, account, name)
        throw new KmsError('AlreadyExistsException', `An alias with the name ${arn} already exists`)
      }
    },
    run: async () => ({
      changes: [
        insert(ALIAS, partitionOf(account, call.region), name, {
          format: 1,
          keyId: key.keyId,
          createdAt: call.now,
          updatedAt: call.now,
        }),
        await withAlias(dependencies, key, name),
      ],
    }),
  }
}
