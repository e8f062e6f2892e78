import type { Call } from './cli.ts'
import { call, type InputOf } from './client.ts'
import { callIam, listAll } from './iam.ts'

/** What a policy is for: each kind has elements of its own. */
export type PolicyUse = 'key' | 'trust' | 'identity' | 'scp' | 'rcp'

/** A policy that recorded calls can be decided by: of a key, of users, groups or roles, of who may assume a role, or of accounts. */
export type TriedPolicy =
  | { readonly name: 'WhatIfPolicy'; readonly input: { readonly KeyId: string } }
  | {
      readonly name: 'WhatIfIdentityPolicy'
      readonly input: Pick<
        InputOf<'WhatIfIdentityPolicy'>,
        'PolicyArn' | 'PolicyName' | 'UserName' | 'GroupName' | 'RoleName'
      >
    }
  | { readonly name: 'WhatIfTrustPolicy'; readonly input: { readonly RoleName: string } }
  | {
      readonly name: 'WhatIfControlPolicy'
      readonly input: Pick<InputOf<'WhatIfControlPolicy'>, 'PolicyType' | 'Name'>
    }

/** A policy that is stored somewhere, and how it is read and saved. */
export type PolicyTarget = {
  readonly use: PolicyUse
  readonly name: string
  /** Identifies the policy. */
  readonly id: readonly string[]
  /** What says how the recorded calls would have ended with another text. */
  readonly tried: TriedPolicy
  /** Reads the policy; an empty text if there is none yet. */
  readonly load: () => Promise<string>
  /** @param base the policy that the text was made from; empty if there was none. The server saves nothing over another one. */
  readonly save: (text: string, base: string) => Promise<unknown>
  /** The call that {@link save} makes, without its condition, which the AWS CLI does not know. */
  readonly callOf: (text: string) => Call
}

/** Returns the policy of a key. */
export function keyPolicy(KeyId: string): PolicyTarget {
  return {
    use: 'key',
    name: KeyId,
    id: ['key', KeyId],
    tried: { name: 'WhatIfPolicy', input: { KeyId } },
    load: async () => (await call('GetKeyPolicy', { KeyId })).Policy ?? '',
    save: (Policy, ExpectedPolicy) => call('PutKeyPolicy', { KeyId, Policy, ExpectedPolicy }),
    callOf: (Policy) => ({ name: 'PutKeyPolicy', input: { KeyId, Policy } }),
  }
}

/** Returns the trust policy of a role. */
export function trustPolicy(RoleName: string): PolicyTarget {
  return {
    use: 'trust',
    name: RoleName,
    id: ['trust', RoleName],
    tried: { name: 'WhatIfTrustPolicy', input: { RoleName } },
    load: async () => decoded((await callIam('GetRole', { RoleName })).Role?.AssumeRolePolicyDocument),
    save: (PolicyDocument, ExpectedPolicyDocument) =>
      callIam('UpdateAssumeRolePolicy', { RoleName, PolicyDocument, ExpectedPolicyDocument }),
    callOf: (PolicyDocument) => ({ name: 'UpdateAssumeRolePolicy', input: { RoleName, PolicyDocument } }),
  }
}

/** Who has an inline policy. */
export type PolicyOwner = { readonly type: 'User' | 'Group' | 'Role'; readonly name: string }

/** Returns an inline policy of a user, group or role; it need not exist yet. */
export function inlinePolicy(owner: PolicyOwner, PolicyName: string): PolicyTarget {
  const common = {
    use: 'identity',
    name: PolicyName,
    id: ['inline', owner.type, owner.name, PolicyName],
    // What is not listed is not asked for: that would be a failed call in the audit log.
    load: async () => ((await inlineNames(owner)).includes(PolicyName) ? readInline(owner, PolicyName) : ''),
  } as const
  switch (owner.type) {
    case 'User': {
      const named = { UserName: owner.name, PolicyName }
      return {
        ...common,
        tried: { name: 'WhatIfIdentityPolicy', input: named },
        save: (PolicyDocument, ExpectedPolicyDocument) =>
          callIam('PutUserPolicy', { ...named, PolicyDocument, ExpectedPolicyDocument }),
        callOf: (PolicyDocument) => ({ name: 'PutUserPolicy', input: { ...named, PolicyDocument } }),
      }
    }
    case 'Group': {
      const named = { GroupName: owner.name, PolicyName }
      return {
        ...common,
        tried: { name: 'WhatIfIdentityPolicy', input: named },
        save: (PolicyDocument, ExpectedPolicyDocument) =>
          callIam('PutGroupPolicy', { ...named, PolicyDocument, ExpectedPolicyDocument }),
        callOf: (PolicyDocument) => ({ name: 'PutGroupPolicy', input: { ...named, PolicyDocument } }),
      }
    }
    case 'Role': {
      const named = { RoleName: owner.name, PolicyName }
      return {
        ...common,
        tried: { name: 'WhatIfIdentityPolicy', input: named },
        save: (PolicyDocument, ExpectedPolicyDocument) =>
          callIam('PutRolePolicy', { ...named, PolicyDocument, ExpectedPolicyDocument }),
        callOf: (PolicyDocument) => ({ name: 'PutRolePolicy', input: { ...named, PolicyDocument } }),
      }
    }
  }
}

/** Returns the names of the inline policies of a user, group or role. */
export function inlineNames({ type, name }: PolicyOwner): Promise<readonly string[]> {
  switch (type) {
    case 'User':
      return listAll('ListUserPolicies', { UserName: name }, ({ PolicyNames }) => PolicyNames)
    case 'Group':
      return listAll('ListGroupPolicies', { GroupName: name }, ({ PolicyNames }) => PolicyNames)
    case 'Role':
      return listAll('ListRolePolicies', { RoleName: name }, ({ PolicyNames }) => PolicyNames)
  }
}

async function readInline({ type, name }: PolicyOwner, PolicyName: string): Promise<string> {
  switch (type) {
    case 'User':
      return decoded((await callIam('GetUserPolicy', { UserName: name, PolicyName })).PolicyDocument)
    case 'Group':
      return decoded((await callIam('GetGroupPolicy', { GroupName: name, PolicyName })).PolicyDocument)
    case 'Role':
      return decoded((await callIam('GetRolePolicy', { RoleName: name, PolicyName })).PolicyDocument)
  }
}

/** Returns the default version of a managed policy; saving adds a version. */
export function managedPolicy(PolicyArn: string): PolicyTarget {
  const next = (PolicyDocument: string) => ({ PolicyArn, PolicyDocument, SetAsDefault: true })
  return {
    use: 'identity',
    name: PolicyArn,
    id: ['managed', PolicyArn],
    tried: { name: 'WhatIfIdentityPolicy', input: { PolicyArn } },
    load: async () => {
      const VersionId = (await callIam('GetPolicy', { PolicyArn })).Policy?.DefaultVersionId ?? 'v1'
      return decoded((await callIam('GetPolicyVersion', { PolicyArn, VersionId })).PolicyVersion?.Document)
    },
    save: (text, ExpectedPolicyDocument) =>
      callIam('CreatePolicyVersion', { ...next(text), ExpectedPolicyDocument }),
    callOf: (text) => ({ name: 'CreatePolicyVersion', input: next(text) }),
  }
}

/** The types of control policies. */
export type ControlPolicyType = 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'

/** Returns a control policy of the organization; it need not exist yet. */
export function controlPolicy(PolicyType: ControlPolicyType, Name: string): PolicyTarget {
  return {
    use: PolicyType === 'RESOURCE_CONTROL_POLICY' ? 'rcp' : 'scp',
    name: Name,
    id: ['control', PolicyType, Name],
    tried: { name: 'WhatIfControlPolicy', input: { PolicyType, Name } },
    load: async () => {
      const { Policies = [] } = await call('ListControlPolicies', { PolicyType })
      if (Policies.every((policy) => policy.Name !== Name)) return ''
      return (await call('GetControlPolicy', { PolicyType, Name })).Content ?? ''
    },
    save: (Content, ExpectedContent) =>
      call('PutControlPolicy', { PolicyType, Name, Content, ExpectedContent }),
    callOf: (Content) => ({ name: 'PutControlPolicy', input: { PolicyType, Name, Content } }),
  }
}

/** Source: IAM API Reference, "GetUserPolicy": policies are URL-encoded. */
function decoded(text = ''): string {
  return decodeURIComponent(text)
}
