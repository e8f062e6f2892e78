import { accountRootArn } from '../api/arn.ts'
import type { Effect, Listed, PolicyDocument, PolicyVersion, PrincipalSpec, Statement } from './document.ts'
import { parseConditions } from './parse-condition.ts'
import { parsePrincipals } from './parse-principal.ts'
import { asList, asObject, asOptionalText, asTexts } from './parse-values.ts'
import { splitArn } from './pattern.ts'
import { type Json, parseStrictJson } from './strict-json.ts'
import { PolicySyntaxError, quote } from './syntax-error.ts'
import { isTemplate } from './template.ts'

/** What a policy is for. Boundaries and managed policies are of the flavour `identity`. */
export type Flavour = 'key' | 'identity' | 'trust' | 'session' | 'scp' | 'rcp'

/** Characters of a policy text. Source: the IAM service model, `policyDocumentType`. */
export const POLICY_MAX_CHARS = 131_072

/** How the kinds of policy differ. Source: IAM User Guide, "Grammar"; KMS Developer Guide, "Key policies". */
type Rules = {
  readonly elements: ReadonlySet<string>
  readonly statementElements: ReadonlySet<string>
  readonly versions: readonly PolicyVersion[]
  /** Whether a statement names principals: then it must. */
  readonly principals: boolean
  /** Whether a statement may lack actions or resources, and so have no effect. */
  readonly incomplete: boolean
  readonly sid: RegExp
  readonly uniqueSids: boolean
}

const STATEMENT_ELEMENTS = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
] as const

const IDENTITY_RULES: Rules = {
  elements: new Set(['Version', 'Statement']),
  statementElements: new Set(STATEMENT_ELEMENTS),
  versions: ['2012-10-17'],
  principals: false,
  incomplete: false,
  sid: /^[A-Za-z0-9]*$/,
  uniqueSids: true,
}

const RULES: Readonly<Record<Flavour, Rules>> = {
  key: {
    elements: new Set(['Version', 'Id', 'Statement']),
    statementElements: new Set([...STATEMENT_ELEMENTS, 'Principal', 'NotPrincipal']),
    versions: ['2008-10-17', '2012-10-17'],
    principals: true,
    incomplete: true,
    sid: /^/,
    uniqueSids: false,
  },
  identity: IDENTITY_RULES,
  trust: {
    elements: new Set(['Version', 'Id', 'Statement']),
    statementElements: new Set(['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Condition']),
    versions: ['2008-10-17', '2012-10-17'],
    principals: true,
    incomplete: false,
    sid: /^[A-Za-z0-9]*$/,
    uniqueSids: true,
  },
  session: { ...IDENTITY_RULES, versions: ['2008-10-17', '2012-10-17'] },
  scp: IDENTITY_RULES,
  rcp: {
    ...IDENTITY_RULES,
    statementElements: new Set([...STATEMENT_ELEMENTS, 'Principal']),
    principals: true,
  },
}

/**
 * Reads a policy. Everything that is not known is refused: an unknown element or operator would
 * otherwise be a condition that is silently not applied.
 *
 * @throws PolicySyntaxError
 */
export function parsePolicy(text: string, options: { readonly flavour: Flavour }): PolicyDocument {
  const rules = RULES[options.flavour]
  if (text.length > POLICY_MAX_CHARS) {
    throw new PolicySyntaxError(`Policy: at most ${POLICY_MAX_CHARS} characters required, got ${text.length}`)
  }
  const policy = asObject(parseStrictJson(text), 'Policy')
  refuseUnknown(policy, rules.elements, 'Policy')
  const version = parseVersion(policy.get('Version'), rules)
  const id = asOptionalText(policy.get('Id'), 'Id')
  const list = policy.get('Statement')
  if (list === undefined) throw new PolicySyntaxError('Policy: Statement required')
  const statements = asList(list, 'Statement').map((json, index) =>
    parseStatement(json, { path: `Statement[${index}]`, rules, variables: version === '2012-10-17' }),
  )
  if (rules.uniqueSids) refuseRepeatedSids(statements)
  return { version, id, statements }
}

function parseVersion(json: Json | undefined, rules: Rules): PolicyVersion {
  const text = asOptionalText(json, 'Version') ?? '2008-10-17'
  const version = rules.versions.find((candidate) => candidate === text)
  if (version !== undefined) return version
  throw new PolicySyntaxError(`Version: ${rules.versions.join(' or ')} required, got ${quote(text)}`)
}

type Place = {
  readonly path: string
  readonly rules: Rules
  /** Whether the policy's version has variables. */
  readonly variables: boolean
}

function parseStatement(json: Json, place: Place): Statement {
  const { path, rules, variables } = place
  const statement = asObject(json, path)
  refuseUnknown(statement, rules.statementElements, path)
  const sid = asOptionalText(statement.get('Sid'), `${path}.Sid`)
  if (sid !== undefined && !rules.sid.test(sid)) {
    throw new PolicySyntaxError(`${path}.Sid: letters and digits required, got ${quote(sid)}`)
  }
  const effect = parseEffect(statement.get('Effect'), `${path}.Effect`)
  const actions = parseTexts(statement, 'Action', place)
  for (const action of actions?.values ?? []) refuseBadAction(action, path)
  const resources = parseTexts(statement, 'Resource', place)
  for (const resource of resources?.values ?? []) refuseBadResource(resource, path, variables)
  return {
    sid,
    effect,
    principals: rules.principals ? parsePrincipal(statement, effect, path) : undefined,
    actions,
    resources,
    conditions: parseConditions(statement.get('Condition'), `${path}.Condition`, variables),
  }
}

function parseEffect(json: Json | undefined, path: string): Effect {
  if (json === 'Allow' || json === 'Deny') return json
  throw new PolicySyntaxError(`${path}: Allow or Deny required`)
}

/** `NotPrincipal` with Allow would give the whole world access but for one. */
function parsePrincipal(
  statement: ReadonlyMap<string, Json>,
  effect: Effect,
  path: string,
): Listed<PrincipalSpec> {
  const found = eitherElement(statement, 'Principal', path)
  if (found === undefined) throw new PolicySyntaxError(`${path}: Principal required`, 'Principal')
  if (found.negated && effect === 'Allow') {
    throw new PolicySyntaxError(`${path}: NotPrincipal is for Deny only`, 'Principal')
  }
  return parsePrincipals(found.json, found.path, found.negated)
}

function parseTexts(
  statement: ReadonlyMap<string, Json>,
  name: 'Action' | 'Resource',
  place: Place,
): Listed<string> | undefined {
  const found = eitherElement(statement, name, place.path)
  if (found !== undefined) return { negated: found.negated, values: asTexts(found.json, found.path) }
  if (place.rules.incomplete) return undefined
  throw new PolicySyntaxError(`${place.path}: ${name} or Not${name} required`)
}

type Element = { readonly json: Json; readonly path: string; readonly negated: boolean }

/** An element or its `Not…` form, of which a statement has at most one. */
function eitherElement(
  statement: ReadonlyMap<string, Json>,
  name: string,
  path: string,
): Element | undefined {
  const plain = statement.get(name)
  const negated = statement.get(`Not${name}`)
  if (plain !== undefined && negated !== undefined) {
    throw new PolicySyntaxError(`${path}: ${name} and Not${name} exclude each other`)
  }
  if (plain !== undefined) return { json: plain, path: `${path}.${name}`, negated: false }
  return negated === undefined ? undefined : { json: negated, path: `${path}.Not${name}`, negated: true }
}

const ACTION = /^(?:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?_-]+)$/

function refuseBadAction(action: string, path: string): void {
  if (ACTION.test(action)) return
  throw new PolicySyntaxError(`${path}: an action like "kms:Encrypt" or "*" required, got ${quote(action)}`)
}

function refuseBadResource(resource: string, path: string, variables: boolean): void {
  if (resource === '*' || isResourcePattern(resource, variables)) return
  throw new PolicySyntaxError(
    `${path}: an ARN without wildcards in its service, or "*", required, got ${quote(resource)}`,
  )
}

function isResourcePattern(resource: string, variables: boolean): boolean {
  const parts = splitArn(resource)
  if (parts === undefined) return false
  const [prefix, , service = '', , , name = ''] = parts
  return prefix === 'arn' && /^[^*?]+$/.test(service) && isTemplate(name, variables)
}

function refuseUnknown(object: ReadonlyMap<string, Json>, known: ReadonlySet<string>, path: string): void {
  for (const name of object.keys()) {
    if (!known.has(name)) throw new PolicySyntaxError(`${path}: unknown element ${quote(name)}`)
  }
}

function refuseRepeatedSids(statements: readonly Statement[]): void {
  const seen = new Set<string>()
  for (const { sid } of statements) {
    if (sid === undefined) continue
    if (seen.has(sid)) throw new PolicySyntaxError(`Statement: two have the Sid ${quote(sid)}`)
    seen.add(sid)
  }
}

/** The ARNs of the accounts, users, roles and sessions that a policy names, each once; not services and `*`. */
export function namedPrincipals(document: PolicyDocument): readonly string[] {
  const specs = document.statements.flatMap((statement) => statement.principals?.values ?? [])
  return [...new Set(specs.flatMap(arnOf))]
}

function arnOf(spec: PrincipalSpec): readonly string[] {
  switch (spec.kind) {
    case 'Everyone':
    case 'Service':
    case 'Federated':
      return []
    case 'UniqueId':
      return [spec.id]
    case 'Account':
      return [accountRootArn(spec.account)]
    case 'User':
    case 'Role':
    case 'Session':
    case 'FederatedUser':
      return [spec.arn]
  }
}
