import { callIam, listAll } from '../../api/iam.ts'
import type { PolicyOwner } from '../../api/policy-targets.ts'

/** A managed policy that is attached to somebody. */
type Attached = { readonly PolicyArn?: string; readonly PolicyName?: string }

/** The calls about the policies of a user, group or role. */
export type OwnerCalls = {
  readonly listAttached: () => Promise<readonly Attached[]>
  readonly attach: (PolicyArn: string) => Promise<unknown>
  readonly detach: (PolicyArn: string) => Promise<unknown>
  readonly deleteInline: (PolicyName: string) => Promise<unknown>
}

/** Returns these calls. */
export function ownerCalls({ type, name }: PolicyOwner): OwnerCalls {
  switch (type) {
    case 'User': {
      const UserName = name
      return {
        listAttached: () =>
          listAll('ListAttachedUserPolicies', { UserName }, ({ AttachedPolicies }) => AttachedPolicies),
        attach: (PolicyArn) => callIam('AttachUserPolicy', { UserName, PolicyArn }),
        detach: (PolicyArn) => callIam('DetachUserPolicy', { UserName, PolicyArn }),
        deleteInline: (PolicyName) => callIam('DeleteUserPolicy', { UserName, PolicyName }),
      }
    }
    case 'Group': {
      const GroupName = name
      return {
        listAttached: () =>
          listAll('ListAttachedGroupPolicies', { GroupName }, ({ AttachedPolicies }) => AttachedPolicies),
        attach: (PolicyArn) => callIam('AttachGroupPolicy', { GroupName, PolicyArn }),
        detach: (PolicyArn) => callIam('DetachGroupPolicy', { GroupName, PolicyArn }),
        deleteInline: (PolicyName) => callIam('DeleteGroupPolicy', { GroupName, PolicyName }),
      }
    }
    case 'Role': {
      const RoleName = name
      return {
        listAttached: () =>
          listAll('ListAttachedRolePolicies', { RoleName }, ({ AttachedPolicies }) => AttachedPolicies),
        attach: (PolicyArn) => callIam('AttachRolePolicy', { RoleName, PolicyArn }),
        detach: (PolicyArn) => callIam('DetachRolePolicy', { RoleName, PolicyArn }),
        deleteInline: (PolicyName) => callIam('DeleteRolePolicy', { RoleName, PolicyName }),
      }
    }
  }
}
