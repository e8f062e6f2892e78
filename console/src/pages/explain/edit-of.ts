import type { Change, Permission } from '../../api/explain.ts'
import { inlinePolicy, keyPolicy, type PolicyTarget, trustPolicy } from '../../api/policy-targets.ts'
import { withoutStatement, withStatement } from '../../shared/policy/document.ts'

/** How a part of the smallest change is made: in which policy, and what becomes of it. */
export type Edit = { readonly target: PolicyTarget; readonly apply: (text: string) => string }

/** Returns the edit that makes a change; nothing for one that the console cannot make alone. */
export function editOf(
  change: Change,
  { Principal = '', Resource = '', Action = '' }: Permission,
): Edit | undefined {
  if (change.Kind === 'SendContext') return undefined
  const target = change.Policy === 'resource' ? resourcePolicy(Resource) : undefined
  if (change.Kind === 'LiftDeny') {
    return target && { target, apply: (text) => withoutStatement(text, change.Statement.Index) }
  }
  const place = change.Policy === 'identity' ? policyOf(Principal, Action) : target
  return place && { target: place, apply: (text) => withStatement(text, change.Add) }
}

function resourcePolicy(arn: string): PolicyTarget | undefined {
  const keyId = /^arn:[\w-]+:kms:[^:]*:\d{12}:key\/([\w-]+)$/.exec(arn)?.[1]
  if (keyId !== undefined) return keyPolicy(keyId)
  const role = /^arn:[\w-]+:iam::\d{12}:role\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1]
  return role === undefined ? undefined : trustPolicy(role)
}

/** An inline policy of the caller, whose name says what it is for. */
function policyOf(principal: string, action: string): PolicyTarget | undefined {
  const name = `Allow-${action.replaceAll(/[^\w+=,.@-]/g, '-')}`
  const user = /:user\/(?:.*\/)?([^/]+)$/.exec(principal)?.[1]
  if (user !== undefined) return inlinePolicy({ type: 'User', name: user }, name)
  const role =
    /:assumed-role\/([^/]+)\//.exec(principal)?.[1] ?? /:role\/(?:.*\/)?([^/]+)$/.exec(principal)?.[1]
  return role === undefined ? undefined : inlinePolicy({ type: 'Role', name: role }, name)
}
