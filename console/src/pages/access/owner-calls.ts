import type { IamCall } from '../../api/cli.ts'
import { listAll } from '../../api/iam.ts'
import type { PolicyOwner } from '../../api/policy-targets.ts'

/** A managed policy that is attached to somebody. */
type Attached = { readonly PolicyArn?: string; readonly PolicyName?: string }

/** The calls about the policies of a user, group or role. */
export type OwnerCalls = {
  readonly listAttached: () => Promise<readonly Attached[]>
  readonly attach: (PolicyArn: string) => IamCall
  readonly detach: (PolicyArn: string) => IamCall
  readonly deleteInline: (PolicyName: string) => IamCall
}

/** Returns these calls. */
export function ownerCalls({ type, name }: PolicyOwner): OwnerCalls {
  switch (type) {
    case 'User': {
      const UserName = name
      return {
        listAttached: () =>
          listAll('ListAttachedUserPolicies', { UserName }, ({ AttachedPolicies }) => AttachedPolicies),
        attach: (PolicyArn) => ({ name: 'AttachUserPolicy', input: { UserName, PolicyArn } }),
        detach: (PolicyArn) => ({ name: 'DetachUserPolicy', input: { UserName, PolicyArn } }),
        deleteInline: (PolicyName) => ({ name: 'DeleteUserPolicy', input: { UserName, PolicyName } }),
      }
    }
    case 'Group': {
      const GroupName = name
      return {
        listAttached: () =>
          listAll('ListAttachedGroupPolicies', { GroupName }, ({ AttachedPolicies }) => AttachedPolicies),
        attach: (PolicyArn) => ({ name: 'AttachGroupPolicy', input: { GroupName, PolicyArn } }),
        detach: (PolicyArn) => ({ name: 'DetachGroupPolicy', input: { GroupName, PolicyArn } }),
        deleteInline: (PolicyName) => ({ name: 'DeleteGroupPolicy', input: { GroupName, PolicyName } }),
      }
    }
    case 'Role': {
      const RoleName = name
      return {
        listAttached: () =>
          listAll('ListAttachedRolePolicies', { RoleName }, ({ AttachedPolicies }) => AttachedPolicies),
        attach: (PolicyArn) => ({ name: 'AttachRolePolicy', input: { RoleName, PolicyArn } }),
        detach: (PolicyArn) => ({ name: 'DetachRolePolicy', input: { RoleName, PolicyArn } }),
        deleteInline: (PolicyName) => ({ name: 'DeleteRolePolicy', input: { RoleName, PolicyName } }),
      }
    }
  }
}
