import { accountRootArn } from '../api/arn.ts'
import type { Listed, PrincipalSpec } from './document.ts'
import type { Identities } from './principal.ts'

/**
 * How firmly a statement of a resource policy, or a grant, names a principal, weakest first. It determines
 * the effect of an Allow; any but `None` is enough for a Deny.
 */
export const Naming = {
  None: 0,
  /** By its account: the account's identity policies must allow too. */
  Account: 1,
  /** Directly, but within the limits of its boundary and session policies. */
  Limited: 2,
  /** Directly. */
  Direct: 3,
} as const

/** One of the ways above. */
export type Naming = (typeof Naming)[keyof typeof Naming]

/**
 * How a `Principal` or `NotPrincipal` element names principals.
 *
 * @param bounded whether the principal has a permissions boundary: `NotPrincipal` never exempts such a one.
 */
export type PrincipalTest = (identities: Identities, bounded: boolean) => Naming

/** The unique ids of users, roles and role sessions, by ARN, at the moment when a policy was put. */
export type Bindings = ReadonlyMap<string, string>

/**
 * The test for a `Principal` or `NotPrincipal` element. An ARN that is bound to a unique id stands for that
 * id alone: a later principal of the same name is another.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal" and "… NotPrincipal".
 */
export function principalTest(principals: Listed<PrincipalSpec>, bindings?: Bindings): PrincipalTest {
  const everyone = principals.values.some((spec) => spec.kind === 'Everyone')
  const listed = new Set(principals.values.map((spec) => nameOf(spec, bindings)))
  if (principals.negated) {
    return (identities, bounded) => {
      const exempt = !bounded && (everyone || identities.every((names) => isAny(listed, names)))
      return exempt ? Naming.None : Naming.Direct
    }
  }
  return everyone ? () => Naming.Direct : (identities) => namingOf(listed, identities)
}

/** Account ids, ARNs, unique ids and service names: no two kinds of principal share a name. */
export function nameOf(spec: PrincipalSpec, bindings?: Bindings): string {
  switch (spec.kind) {
    case 'Everyone':
      return '*'
    case 'Account':
      return spec.account
    case 'User':
    case 'Role':
    case 'Session':
    case 'FederatedUser':
      return bindings?.get(spec.arn) ?? spec.arn
    case 'UniqueId':
      return spec.id
    case 'Service':
    case 'Federated':
      return spec.name
  }
}

/** The principals of an element by their names, for people to read. */
export function listedNames({ negated, values }: Listed<PrincipalSpec>): Listed<string> {
  return { negated, values: values.map((spec) => nameOf(spec)) }
}

/**
 * The principal that a name stands for: the account, for the ARN of its root, else the principal with that
 * ARN, id or name.
 */
export function specOf(name: string): PrincipalSpec {
  const account = name.split(':', 5)[4] ?? ''
  return name === accountRootArn(account) ? { kind: 'Account', account } : { kind: 'User', arn: name }
}

/** How firmly a list of names covers a principal. */
export function namingOf(listed: ReadonlySet<string>, identities: Identities): Naming {
  const [self = NOBODY, maker = NOBODY, account = maker] = identities
  if (isAny(listed, self)) return Naming.Direct
  if (maker !== account && isAny(listed, maker)) return Naming.Limited
  return isAny(listed, account) ? Naming.Account : Naming.None
}

const NOBODY: readonly string[] = []

function isAny(listed: ReadonlySet<string>, names: readonly string[]): boolean {
  return names.some((name) => listed.has(name))
}
