import { inSlices } from '../../base/slices.ts'
import type { Call, Consequence } from '../../dispatch/operation.ts'
import { compilePolicySteps } from '../../policy/compile.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { locksCallerOut } from '../../policy/key-policy.ts'
import { parsePolicySteps } from '../../policy/parse.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import type { KeyValue } from './key-record.ts'
import type { Key } from './keys.ts'

/** A policy that a key gets, and whether the caller bypasses the policy lockout safety check. */
export type PutPolicy = {
  readonly key: Pick<Key, 'account' | 'region' | 'keyId' | 'arn'>
  readonly policies: Pick<KeyValue, 'policy' | 'principalIds'>
  readonly bypassLockoutCheck: boolean | undefined
  readonly call: Call
  readonly context: ContextLookup
}

/**
 * The event for a key policy that would not have passed the policy lockout safety check, had the caller not bypassed
 * it: perhaps nobody can change the policy again.
 */
export async function lockoutRisk(
  { key, policies, bypassLockoutCheck, call, context }: PutPolicy,
  { giveWay }: Pick<KmsDependencies, 'giveWay'>,
): Promise<readonly Consequence[]> {
  if (bypassLockoutCheck !== true) return []
  const bindings = new Map(Object.entries(policies.principalIds ?? {}))
  const parsed = await inSlices(parsePolicySteps(policies.policy, { flavour: 'key' }), giveWay)
  const policy = await inSlices(compilePolicySteps(parsed, { bindings }), giveWay)
  if (!locksCallerOut(policy, call.caller.principal, context, key.arn)) return []
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

/** The same for a new key. */
export function newKeyLockoutRisk(
  { key, policies, call }: Pick<PutPolicy, 'key' | 'policies' | 'call'>,
  input: { readonly BypassPolicyLockoutSafetyCheck?: boolean | undefined },
  dependencies: Pick<KmsDependencies, 'giveWay'>,
): Promise<readonly Consequence[]> {
  const bypassLockoutCheck = input.BypassPolicyLockoutSafetyCheck
  return lockoutRisk({ key, policies, bypassLockoutCheck, call, context: call.context }, dependencies)
}
