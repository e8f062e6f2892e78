import type { Listed, PrincipalSpec } from './document.ts'
import type { Evaluation } from './evaluation.ts'
import { type ArnTest, resourceTest, splitArn, textTest } from './pattern.ts'
import { identitiesOf, type Principal } from './principal.ts'

/** Whether an element of a statement covers something. */
type ElementTest = (value: string, evaluation: Evaluation) => boolean

/** The test for `Action` or `NotAction`; takes the action in lower case. */
export function actionTest(actions: Listed<string>): ElementTest {
  const values = actions.values.map((value) => value.toLowerCase())
  if (values.includes('*')) return () => !actions.negated
  const exact = new Set(values.filter((value) => !/[*?]/.test(value)))
  const tests = values
    .filter((value) => !exact.has(value))
    .map((value) => textTest(value, { wildcards: true, variables: false }))
  return (action, evaluation) =>
    (exact.has(action) || tests.some((test) => test(action, evaluation))) !== actions.negated
}

/**
 * The test for `Resource` or `NotResource`. An action without a resource has the resource `*`,
 * which only the value `*` covers.
 *
 * @param variables whether the policy's version has variables.
 */
export function resourcesTest(resources: Listed<string>, variables: boolean): ElementTest {
  if (resources.values.includes('*')) return () => !resources.negated
  const tests = resources.values.map((value) => resourceTest(value, variables))
  return (resource, evaluation) => covers(tests, resource, evaluation) !== resources.negated
}

function covers(tests: readonly ArnTest[], resource: string, evaluation: Evaluation): boolean {
  const arn = splitArn(resource)
  return arn !== undefined && tests.some((test) => test(arn, evaluation))
}

/**
 * How firmly a resource policy's statement names a principal, weakest first. It says what an Allow
 * is worth; any but `None` is enough for a Deny.
 */
export const Naming = {
  None: 0,
  /** By its account: the account's identity policies have to allow as well. */
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
export type PrincipalTest = (principal: Principal, bounded: boolean) => Naming

/** Source: IAM User Guide, "AWS JSON policy elements: Principal" and "… NotPrincipal". */
export function principalTest(principals: Listed<PrincipalSpec>): PrincipalTest {
  const everyone = principals.values.some((spec) => spec.kind === 'Everyone')
  const names = new Set(principals.values.map(nameOf))
  if (principals.negated) {
    return (principal, bounded) => {
      const exempt = !bounded && (everyone || identitiesOf(principal).every((name) => names.has(name)))
      return exempt ? Naming.None : Naming.Direct
    }
  }
  return everyone ? () => Naming.Direct : (principal) => namingOf(names, principal)
}

/** Account ids, ARNs and service names: no two kinds of principal share a name. */
function nameOf(spec: PrincipalSpec): string {
  switch (spec.kind) {
    case 'Everyone':
      return '*'
    case 'Account':
      return spec.account
    case 'User':
    case 'Role':
    case 'Session':
    case 'FederatedUser':
      return spec.arn
    case 'Service':
      return spec.name
  }
}

function namingOf(names: ReadonlySet<string>, principal: Principal): Naming {
  switch (principal.type) {
    case 'Root':
      return names.has(principal.account) ? Naming.Direct : Naming.None
    case 'Service':
      return names.has(principal.arn) ? Naming.Direct : Naming.None
    case 'User':
      return names.has(principal.arn) ? Naming.Direct : accountNaming(names, principal.account)
    case 'AssumedRole':
      return sessionNaming(names, principal, principal.roleArn)
    case 'FederatedUser':
      return sessionNaming(names, principal, principal.issuerArn)
  }
}

type Session = { readonly arn: string; readonly account: string }

function sessionNaming(names: ReadonlySet<string>, session: Session, makerArn: string): Naming {
  if (names.has(session.arn)) return Naming.Direct
  return names.has(makerArn) ? Naming.Limited : accountNaming(names, session.account)
}

function accountNaming(names: ReadonlySet<string>, account: string): Naming {
  return names.has(account) ? Naming.Account : Naming.None
}
