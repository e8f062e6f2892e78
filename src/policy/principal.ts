/** Who makes a request, as policies see it. */
export type Principal =
  | {
      readonly type: 'Root'
      /** 12 digits. */
      readonly account: string
      readonly arn: string
    }
  | { readonly type: 'User'; readonly account: string; readonly arn: string }
  | {
      readonly type: 'AssumedRole'
      readonly account: string
      /** The session: `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
      readonly arn: string
      /** The role, with its path. */
      readonly roleArn: string
    }
  | {
      readonly type: 'FederatedUser'
      readonly account: string
      /** The session: `arn:aws:sts::<account>:federated-user/<name>`. */
      readonly arn: string
      /** The user, or the account's root user, who made the session. */
      readonly issuerArn: string
    }
  /** A service that calls for itself. It belongs to no account; its ARN is its name. */
  | { readonly type: 'Service'; readonly arn: string }

/** Everything that the principal is, from the session down to the account: what `NotPrincipal` must list. */
export function identitiesOf(principal: Principal): readonly string[] {
  switch (principal.type) {
    case 'Root':
      return [principal.account]
    case 'User':
      return [principal.arn, principal.account]
    case 'AssumedRole':
      return [principal.arn, principal.roleArn, principal.account]
    case 'FederatedUser':
      return [principal.arn, principal.issuerArn, principal.account]
    case 'Service':
      return [principal.arn]
  }
}
