import { KmsError } from '../../api/errors.ts'
import { KEY_SPECS, type KeySpec } from '../../api/key-specs.ts'
import type { Input, Members } from '../../api/shapes.ts'
import { defineOperation, type Invocation } from '../../dispatch/define-operation.ts'
import type { Call } from '../../dispatch/operation.ts'
import { replace } from '../../store/records.ts'
import { KEY_ID, keyPermission, resolveKey } from '../key-operation.ts'
import {
  ALIAS_NAME,
  aliasPermission,
  checkAliasName,
  checkAliasTarget,
  getAlias,
  involveAlias,
  withAlias,
  withoutAlias,
} from '../keys/aliases.ts'
import { checkState, NOT_PENDING_DELETION } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import type { KmsDependencies, KmsOperation } from '../kms-dependencies.ts'

const INPUT = { AliasName: ALIAS_NAME, TargetKeyId: KEY_ID } satisfies Members
const FACTS = { name: 'UpdateAlias', aliases: false, crossAccount: false, states: NOT_PENDING_DELETION }

/** Points an alias to another key of the same kind. Source: AWS KMS API Reference, "UpdateAlias". */
export const updateAlias: KmsOperation = defineOperation(
  {
    service: 'kms',
    name: 'UpdateAlias',
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
  checkAliasTarget(input.TargetKeyId)
  const alias = await getAlias(call, dependencies, name)
  involveAlias(call, name)
  const target = await resolveKey({ call, dependencies, facts: FACTS, text: input.TargetKeyId })
  const present = await resolveKey({ call, dependencies, facts: FACTS, text: alias.value.keyId })
  const change = replace(alias, { ...alias.value, keyId: target.keyId, updatedAt: call.now })
  return {
    permissions: [
      aliasPermission(call, name, 'UpdateAlias'),
      keyPermission({ call, key: present, dependencies }, 'UpdateAlias', () => undefined),
      keyPermission({ call, key: target, dependencies }, 'UpdateAlias', () => undefined),
    ],
    check: () => {
      checkState(target, FACTS.states)
      checkSameUsage(name, present, target)
      checkSameForm(name, present, target)
    },
    run: async () => ({
      changes:
        present.keyId === target.keyId
          ? [change]
          : [change, withoutAlias(present, name), await withAlias(dependencies, target, name)],
    }),
  }
}

function checkSameUsage(name: string, present: Key, target: Key): void {
  const from = present.record.value.usage
  const to = target.record.value.usage
  if (from === to) return
  throw new KmsError(
    'ValidationException',
    `Alias ${name} cannot be changed from a CMK with key usage ${from} to a CMK with key usage ${to}. The key usage of the current CMK and the new CMK must be the same.`,
  )
}

/** Symmetric and asymmetric keys can have the same usage. Source: AWS KMS API Reference, "UpdateAlias". */
function checkSameForm(name: string, present: Key, target: Key): void {
  const [from, to] = [present, target].map(({ record }) => formOf(record.value.spec))
  if (from === to) return
  throw new KmsError(
    'ValidationException',
    `Alias ${name} cannot be changed from ${from} CMK to ${to} CMK. The type of the current CMK and the new CMK must be the same.`,
  )
}

function formOf(spec: KeySpec): string {
  return KEY_SPECS[spec].form === 'private' ? 'an asymmetric' : 'a symmetric'
}
