import { inSlices } from '../../base/slices.ts'
import type { Call, Consequence } from '../../dispatch/operation.ts'
import { compilePolicySteps } from '../../policy/compile.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { wouldLockOut } from '../../policy/key-policy.ts'
import { parsePolicySteps } from '../../policy/parse.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
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
export async function lockOutRisk(
  { key, policies, bypassLockoutCheck, call, context }: PutPolicy,
  { giveWay }: Pick<KmsDependencies, 'giveWay'>,
): Promise<readonly Consequence[]> {
  if (bypassLockoutCheck !== true) return []
  const bindings = new Map(Object.entries(policies.principalIds ?? {}))
  const parsed = await inSlices(parsePolicySteps(policies.policy, { flavour: 'key' }), giveWay)
  const policy = await inSlices(compilePolicySteps(parsed, { bindings }), giveWay)
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
  { key, policies, call }: Pick<PutPolicy, 'key' | 'policies' | 'call'>,
  input: { readonly BypassPolicyLockoutSafetyCheck?: boolean | undefined },
  dependencies: Pick<KmsDependencies, 'giveWay'>,
): Promise<readonly Consequence[]> {
  const bypassLockoutCheck = input.BypassPolicyLockoutSafetyCheck
  return lockOutRisk({ key, policies, bypassLockoutCheck, call, context: call.context }, dependencies)
}
