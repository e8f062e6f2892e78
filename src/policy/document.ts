import type { Condition } from './operators.ts'

/** A version of the policy language. */
export type PolicyVersion = '2008-10-17' | '2012-10-17'

/** A policy as written, after its checks. */
export type PolicyDocument = {
  /** 2008-10-17 when the text names none; only 2012-10-17 has variables. */
  readonly version: PolicyVersion
  readonly id: string | undefined
  readonly statements: readonly Statement[]
}

/** One statement. Without actions or without resources (key policies only) it has no effect. */
export type Statement = {
  readonly sid: string | undefined
  readonly effect: Effect
  /** None in identity policies: they apply to the identity that has them. */
  readonly principals: Listed<PrincipalSpec> | undefined
  readonly actions: Listed<string> | undefined
  readonly resources: Listed<string> | undefined
  /** All must hold. */
  readonly conditions: readonly Condition[]
}

/** What a statement does. */
export type Effect = 'Allow' | 'Deny'

/** The values of an element, or of its `Not…` form, which stands for everything else. */
export type Listed<T> = { readonly negated: boolean; readonly values: readonly T[] }

/** A principal in a resource policy. */
export type PrincipalSpec =
  /** `bare` where the element is `*` itself, and no principal of type `AWS`. */
  | { readonly kind: 'Everyone'; readonly bare: boolean }
  /** The account itself: its root user, and those whom its identity policies allow. */
  | { readonly kind: 'Account'; readonly account: string }
  | { readonly kind: 'User' | 'Role' | 'Session' | 'FederatedUser'; readonly arn: string }
  /** The rest of a user or role that is gone: `AIDA…`, `AROA…`. */
  | { readonly kind: 'UniqueId'; readonly id: string }
  | { readonly kind: 'Service'; readonly name: string }
  /** An identity provider, by its ARN or its well-known host. */
  | { readonly kind: 'Federated'; readonly name: string }
