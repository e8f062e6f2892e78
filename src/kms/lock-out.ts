import type { Call, Consequence } from '../dispatch/operation.ts'
import { compilePolicy } from '../policy/compile.ts'
import type { ContextLookup } from '../policy/context.ts'
import { wouldLockOut } from '../policy/key-policy.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { KeyValue } from './key-record.ts'
import type { Key } from './keys.ts'

/** A policy that a key gets, and whether its check is left out. */
export type PutPolicy = {
  readonly key: Pick<Key, 'account' | 'region' | 'keyId' | 'arn'>
  readonly policies: Pick<KeyValue, 'policy' | 'principalIds'>
  readonly bypassLockoutCheck: boolean | undefined
  readonly call: Call
  readonly context: ContextLookup
}

/**
 * What is recorded of a key policy whose check is left out and which would not have passed it:
 * nobody may be able to change it again.
 */
export function lockOutRisk({
  key,
  policies,
  bypassLockoutCheck,
  call,
  context,
}: PutPolicy): readonly Consequence[] {
  if (bypassLockoutCheck !== true) return []
  const bindings = new Map(Object.entries(policies.principalIds ?? {}))
  const policy = compilePolicy(parsePolicy(policies.policy, { flavour: 'key' }), { bindings })
  if (!wouldLockOut(policy, call.caller.principal, context, key.arn)) return []
  const { account, region, keyId, arn } = key
  return [
    {
      name: 'AllowKeyPolicyLockOut',
      account,
      region,
      resources: [{ account, arn }],
      details: { keyId, requestedBy: call.caller.arn },
      own: true,
    },
  ]
}

/** The same of a key that is made. */
export function newKeyLockOutRisk(
  key: PutPolicy['key'],
  policies: PutPolicy['policies'],
  call: Call,
  input: { readonly BypassPolicyLockoutSafetyCheck?: boolean | undefined },
): readonly Consequence[] {
  const bypassLockoutCheck = input.BypassPolicyLockoutSafetyCheck
  return lockOutRisk({ key, policies, bypassLockoutCheck, call, context: call.context })
}
