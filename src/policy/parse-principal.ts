import { PARTITION } from '../api/arn.ts'
import type { Listed, PrincipalSpec } from './document.ts'
import { asObject, asTexts, at } from './parse-values.ts'
import type { Json } from './strict-json.ts'
import { PolicySyntaxError, quote } from './syntax-error.ts'

const EVERYONE: PrincipalSpec = { kind: 'Everyone' }

/** The value of `Principal` or `NotPrincipal`. @throws PolicySyntaxError */
export function parsePrincipals(json: Json, path: string, negated: boolean): Listed<PrincipalSpec> {
  if (json === '*') return { negated, values: [EVERYONE] }
  const values: PrincipalSpec[] = []
  for (const [type, names] of asObject(json, path)) {
    const typePath = at(path, type)
    for (const name of asTexts(names, typePath)) values.push(parsePrincipal(type, name, typePath))
  }
  if (values.length === 0)
    throw new PolicySyntaxError(`${path}: at least one principal required`, 'Principal')
  return { negated, values }
}

function parsePrincipal(type: string, name: string, path: string): PrincipalSpec {
  const spec = findPrincipal(type, name)
  if (spec !== undefined) return spec
  throw new PolicySyntaxError(`${path}: not a principal: ${quote(name)}`, 'Principal')
}

function findPrincipal(type: string, name: string): PrincipalSpec | undefined {
  switch (type) {
    case 'AWS':
      return findAwsPrincipal(name)
    case 'Service':
      return SERVICE.test(name) ? { kind: 'Service', name } : undefined
    default:
      return undefined
  }
}

const SERVICE = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/
const ACCOUNT = /^\d{12}$/
const ACCOUNT_ROOT = new RegExp(`^arn:${PARTITION}:iam::(\\d{12}):root$`)

/** Names and paths, and what a role session may be called. Source: IAM API Reference, "CreateRole", "AssumeRole". */
const NAME = '[\\w+=,.@-]{1,64}'
const PATH = '/(?:[!-)+->@-~]{1,510}/)?'
const FORMS: readonly (readonly ['User' | 'Role' | 'Session' | 'FederatedUser', RegExp])[] = [
  ['User', new RegExp(`^arn:${PARTITION}:iam::\\d{12}:user${PATH}${NAME}$`)],
  ['Role', new RegExp(`^arn:${PARTITION}:iam::\\d{12}:role${PATH}${NAME}$`)],
  ['Session', new RegExp(`^arn:${PARTITION}:sts::\\d{12}:assumed-role/${NAME}/${NAME}$`)],
  ['FederatedUser', new RegExp(`^arn:${PARTITION}:sts::\\d{12}:federated-user/${NAME}$`)],
]

/**
 * The principal that a text names as AWS's own: an account, by its id or root ARN, a user, role or session.
 * Wildcards have no meaning in it, except the one that is everyone.
 */
export function findAwsPrincipal(name: string): PrincipalSpec | undefined {
  if (name === '*') return EVERYONE
  const account = ACCOUNT.test(name) ? name : ACCOUNT_ROOT.exec(name)?.[1]
  if (account !== undefined) return { kind: 'Account', account }
  const kind = FORMS.find(([, form]) => form.test(name))?.[0]
  return kind === undefined ? undefined : { kind, arn: name }
}
