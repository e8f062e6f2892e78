import { PARTITION } from '../api/arn.ts'
import type { Listed, PrincipalSpec } from './document.ts'
import type { Rules } from './flavour.ts'
import { asObject, asTexts, at } from './parse-values.ts'
import type { Json } from './strict-json.ts'
import { invalidPrincipalText, NO_PRINCIPALS, PolicySyntaxError, quote } from './syntax-error.ts'

const NOBODY = { fault: 'NoPrincipal', iamText: NO_PRINCIPALS } as const

type Place = { readonly path: string; readonly negated: boolean }

/** The value of `Principal` or `NotPrincipal`. @throws PolicySyntaxError */
export function parsePrincipals(
  json: Json,
  place: Place,
  allowed: Rules['principals'],
): Listed<PrincipalSpec> {
  const { path, negated } = place
  if (json === '*') return { negated, values: [{ kind: 'Everyone', bare: true }] }
  const values: PrincipalSpec[] = []
  const lists = asObject(json, path)
  if ([...lists.values()].every((names) => Array.isArray(names) && names.length === 0)) {
    throw new PolicySyntaxError(`${path}: at least one principal required`, NOBODY)
  }
  for (const [type, names] of lists) {
    const typePath = at(path, type)
    for (const name of asTexts(names, typePath)) {
      const spec = findPrincipal(type, name, allowed)
      if (spec === undefined) {
        throw new PolicySyntaxError(`${typePath}: not a principal: ${quote(name)}`, {
          fault: 'Principal',
          iamText: invalidPrincipalText(type, name),
        })
      }
      values.push(spec)
    }
  }
  return { negated, values }
}

function findPrincipal(type: string, name: string, allowed: Rules['principals']): PrincipalSpec | undefined {
  if (type === 'AWS' && name === '*') return { kind: 'Everyone', bare: false }
  if (allowed === 'everyone') return undefined
  switch (type) {
    case 'AWS':
      return HYPHENED_ACCOUNT.test(name)
        ? { kind: 'Account', account: name.replaceAll('-', '') }
        : findAwsPrincipal(name)
    case 'Service':
      return SERVICE.test(name) ? { kind: 'Service', name } : undefined
    case 'Federated':
      return allowed === 'of-roles' && FEDERATED.test(name) ? { kind: 'Federated', name } : undefined
    default:
      return undefined
  }
}

const SERVICE = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/
/** An identity provider of an account, or one that AWS knows by its host. */
const FEDERATED = new RegExp(
  `^(?:arn:${PARTITION}:iam::\\d{12}:(?:oidc|saml)-provider/[\\x21-\\x7e]{1,255}|[a-z0-9-]+(?:\\.[a-z0-9-]+)+)$`,
)
const UNIQUE_ID = /^A(?:ID|RO)A[A-Z0-9]{12,124}(?::[\w+=,.@-]{1,64})?$/
const ACCOUNT = /^\d{12}$/
/** An account as the console shows it. */
const HYPHENED_ACCOUNT = /^\d{4}-\d{4}-\d{4}$/
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
  if (UNIQUE_ID.test(name)) return { kind: 'UniqueId', id: name }
  const account = ACCOUNT.test(name) ? name : ACCOUNT_ROOT.exec(name)?.[1]
  if (account !== undefined) return { kind: 'Account', account }
  const kind = FORMS.find(([, form]) => form.test(name))?.[0]
  return kind === undefined ? undefined : { kind, arn: name }
}
