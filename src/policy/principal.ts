import { accountRootArn } from '../api/arn.ts'

/**
 * The principal of a request, as policies see it. Unique ids (`AIDA…`, `AROA…`) are compared with those that
 * a policy's ARNs were bound to when it was put: see `compilePolicy`.
 */
export type Principal =
  | {
      readonly type: 'Root'
      /** 12 digits. */
      readonly account: string
      readonly arn: string
    }
  | {
      readonly type: 'User'
      readonly account: string
      readonly arn: string
      /** `AIDA…`. */
      readonly id?: string
    }
  | {
      readonly type: 'AssumedRole'
      readonly account: string
      /** The session: `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
      readonly arn: string
      /** The role, with its path. */
      readonly roleArn: string
      /** `AROA…`. */
      readonly roleId?: string
    }
  | {
      readonly type: 'FederatedUser'
      readonly account: string
      /** The session: `arn:aws:sts::<account>:federated-user/<name>`. */
      readonly arn: string
      /** The user, or the account's root user, who made the session. */
      readonly issuerArn: string
      /** `AIDA…`, when a user made it. */
      readonly issuerId?: string
    }
  /** A service that calls for itself. It belongs to no account; its ARN is its name. */
  | { readonly type: 'Service'; readonly arn: string }
  /**
   * An identity that an identity provider vouches for, before a role is assumed. It belongs to no account:
   * only the role's trust policy decides. Its ARN is the provider's.
   */
  | { readonly type: 'WebIdentity'; readonly arn: string }

/**
 * The identities of a principal: itself, then its maker if it is a session, then its account if it has one.
 * Each has one name or several; any one of them is enough.
 */
export type Identities = readonly (readonly string[])[]

/** The identities of the principal; `NotPrincipal` must list all of them. */
export function identitiesOf(principal: Principal): Identities {
  switch (principal.type) {
    case 'Root':
      return [[principal.account]]
    case 'User':
      return [names(principal.arn, principal.id), [principal.account]]
    case 'AssumedRole': {
      const { arn, roleArn, roleId, account } = principal
      return [names(arn, sessionId(arn, roleId)), names(roleArn, roleId), [account]]
    }
    case 'FederatedUser': {
      const { arn, issuerArn, issuerId, account } = principal
      return isOfRoot(principal) ? [[arn], [account]] : [[arn], names(issuerArn, issuerId), [account]]
    }
    case 'Service':
    case 'WebIdentity':
      return [[principal.arn]]
  }
}

/** Whether a federated session was made by the root user of its account, which has no policies of its own. */
export function isOfRoot(principal: Principal): boolean {
  return principal.type === 'FederatedUser' && principal.issuerArn === accountRootArn(principal.account)
}

/** The unique id of a role's session: that of the role, and the session's name. */
function sessionId(arn: string, roleId: string | undefined): string | undefined {
  return roleId === undefined ? undefined : `${roleId}:${arn.slice(arn.lastIndexOf('/') + 1)}`
}

function names(arn: string, id: string | undefined): readonly string[] {
  return id === undefined ? [arn] : [arn, id]
}
