import { accountRootArn } from '../api/arn.ts'
import { atOnce, type Steps } from '../base/slices.ts'
import type { Effect, Listed, PolicyDocument, PolicyVersion, PrincipalSpec, Statement } from './document.ts'
import { type Flavour, POLICY_MAX_CHARS, RULES, type Rules } from './flavour.ts'
import { PREFIX_TEXT, parseConditions } from './parse-condition.ts'
import { parsePrincipals } from './parse-principal.ts'
import { asList, asObject, asOptionalText, asTexts } from './parse-values.ts'
import { splitArn } from './pattern.ts'
import { type Json, parseStrictJsonSteps } from './strict-json.ts'
import {
  ASSUME_ROLE_ONLY,
  LEGACY_PARSING,
  NO_PRINCIPALS,
  PolicySyntaxError,
  quote,
  SYNTAX_ERRORS,
} from './syntax-error.ts'
import { isTemplate } from './template.ts'

/**
 * Reads a policy. Everything that is not known is refused: an unknown element or operator would
 * otherwise be a condition that is silently not applied.
 *
 * @throws PolicySyntaxError
 */
export function parsePolicy(text: string, options: { readonly flavour: Flavour }): PolicyDocument {
  return atOnce(parsePolicySteps(text, options))
}

/** The same a statement at a time. @throws PolicySyntaxError */
export function* parsePolicySteps(
  text: string,
  options: { readonly flavour: Flavour },
): Steps<PolicyDocument> {
  const rules = RULES[options.flavour]
  if (text.length > POLICY_MAX_CHARS) {
    throw new PolicySyntaxError(`Policy: at most ${POLICY_MAX_CHARS} characters required, got ${text.length}`)
  }
  const policy = asObject(yield* parseStrictJsonSteps(text), 'Policy')
  refuseUnknown(policy, rules.elements, 'Policy')
  const version = parseVersion(policy.get('Version'), rules)
  const id = asOptionalText(policy.get('Id'), 'Id')
  const list = policy.get('Statement')
  if (list === undefined) throw new PolicySyntaxError('Policy: Statement required')
  const statements: Statement[] = []
  for (const [index, json] of asList(list, 'Statement').entries()) {
    yield
    const path = `Statement[${index}]`
    statements.push(parseStatement(json, { path, rules, variables: version === '2012-10-17' }))
  }
  if (rules.uniqueSids) refuseRepeatedSids(statements)
  return { version, id, statements }
}

function parseVersion(json: Json | undefined, rules: Rules): PolicyVersion {
  const text = asOptionalText(json, 'Version') ?? '2008-10-17'
  const version = rules.versions.find((candidate) => candidate === text)
  if (version !== undefined) return version
  throw new PolicySyntaxError(
    `Version: ${rules.versions.join(' or ')} required, got ${quote(text)}`,
    text === '2008-10-17' ? { iamText: 'Policy document must be version 2012-10-17 or greater.' } : {},
  )
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
    throw new PolicySyntaxError(`${path}.Sid: letters and digits required, got ${quote(sid)}`, {
      iamText: SID_TEXT,
    })
  }
  const effect = parseEffect(statement.get('Effect'), `${path}.Effect`)
  const actions = parseTexts(statement, 'Action', place)
  for (const action of actions?.values ?? []) refuseBadAction(action, path, rules)
  const resources = rules.attached ? ITSELF : parseTexts(statement, 'Resource', place)
  for (const resource of resources?.values ?? []) refuseBadResource(resource, path, variables)
  return {
    sid,
    effect,
    principals: rules.principals === 'none' ? undefined : parsePrincipal(statement, effect, place),
    actions,
    resources,
    conditions: parseConditions(statement.get('Condition'), `${path}.Condition`, variables),
  }
}

/** What the policy is attached to. */
const ITSELF: Listed<string> = { negated: false, values: ['*'] }

const SID_TEXT =
  'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*'

function parseEffect(json: Json | undefined, path: string): Effect {
  if (json === 'Allow' || json === 'Deny') return json
  const otherCase = typeof json === 'string' && /^(?:allow|deny)$/i.test(json)
  throw new PolicySyntaxError(`${path}: Allow or Deny required`, otherCase ? { iamText: LEGACY_PARSING } : {})
}

/** `NotPrincipal` with Allow would give the whole world access but for one. */
function parsePrincipal(
  statement: ReadonlyMap<string, Json>,
  effect: Effect,
  { path, rules }: Place,
): Listed<PrincipalSpec> {
  const found = eitherElement(statement, 'Principal', path)
  if (found === undefined) {
    throw new PolicySyntaxError(`${path}: Principal required`, {
      fault: 'NoPrincipal',
      iamText: NO_PRINCIPALS,
    })
  }
  if (found.negated && effect === 'Allow') {
    throw new PolicySyntaxError(`${path}: NotPrincipal is for Deny only`, { fault: 'Principal' })
  }
  return parsePrincipals(found.json, found, rules.principals)
}

function parseTexts(
  statement: ReadonlyMap<string, Json>,
  name: 'Action' | 'Resource',
  place: Place,
): Listed<string> | undefined {
  const found = eitherElement(statement, name, place.path)
  const iamText = `Policy statement must contain ${name.toLowerCase()}s.`
  const missing = { fault: name === 'Action' ? name : 'Syntax', iamText } as const
  if (found !== undefined) return { negated: found.negated, values: asTexts(found.json, found.path, missing) }
  if (place.rules.incomplete) return undefined
  throw new PolicySyntaxError(`${place.path}: ${name} or Not${name} required`, missing)
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

/** What IAM says of other actions in trust policies. Source: recorded answers. */
const STS_ONLY =
  'Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity'

const ACTION = /^(?:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?_-]+)$/
const VENDOR = /^[A-Za-z0-9-]+$/

function refuseBadAction(action: string, path: string, { actions }: Rules): void {
  if (!ACTION.test(action)) {
    throw new PolicySyntaxError(
      `${path}: an action like "kms:Encrypt" or "*" required, got ${quote(action)}`,
      {
        iamText: badActionText(action),
      },
    )
  }
  if (actions === undefined || actions.has(action.toLowerCase())) return
  throw new PolicySyntaxError(`${path}: an action that takes on a role required, got ${quote(action)}`, {
    iamText: /^sts:/i.test(action) ? ASSUME_ROLE_ONLY : STS_ONLY,
  })
}

/** Source: recorded answers, but for an action's own name: nothing is recorded of one that is malformed. */
function badActionText(action: string): string {
  const [vendor = '', ...rest] = action.split(':', 3)
  if (rest.length === 0) return PREFIX_TEXT
  if (rest.length > 1) return 'Actions/Condition can contain only one colon.'
  if (/[*?]/.test(vendor)) return 'Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.'
  return VENDOR.test(vendor) ? SYNTAX_ERRORS : `Vendor ${vendor.slice(0, 64)} is not valid`
}

function refuseBadResource(resource: string, path: string, variables: boolean): void {
  if (resource === '*') return
  const iamText = badResourceText(resource, variables)
  if (iamText === undefined) return
  throw new PolicySyntaxError(
    `${path}: an ARN without wildcards in its service, or "*", required, got ${quote(resource)}`,
    { iamText },
  )
}

/** Source: recorded answers. */
function badResourceText(resource: string, variables: boolean): string | undefined {
  if (!resource.startsWith('arn:')) return `Resource ${resource.slice(0, 256)} must be in ARN format or "*".`
  const [, , service = '', , , name] = splitArn(resource) ?? []
  if (name === undefined || !isTemplate(name, variables)) return LEGACY_PARSING
  if (/^[^*?]+$/.test(service)) return undefined
  return 'Resource vendor must be fully qualified and cannot contain regexes.'
}

function refuseUnknown(object: ReadonlyMap<string, Json>, known: ReadonlySet<string>, path: string): void {
  for (const name of object.keys()) {
    if (known.has(name)) continue
    const iamText = MISPLACED.get(name)
    throw new PolicySyntaxError(
      `${path}: unknown element ${quote(name)}`,
      iamText === undefined ? {} : { iamText },
    )
  }
}

/** What IAM says of elements that exist, but not in this flavour. Source: recorded answers. */
const MISPLACED: ReadonlyMap<string, string> = new Map([
  ['Resource', 'Has prohibited field Resource.'],
  ['NotResource', 'Has prohibited field NotResource.'],
  ['Principal', 'Policy document should not specify a principal.'],
  ['NotPrincipal', 'Policy document should not specify a principal.'],
])

/** An empty Sid is none: Terraform writes it into every statement. */
function refuseRepeatedSids(statements: readonly Statement[]): void {
  const seen = new Set<string>()
  for (const { sid } of statements) {
    if (sid === undefined || sid === '') continue
    if (seen.has(sid)) {
      throw new PolicySyntaxError(`Statement: two have the Sid ${quote(sid)}`, {
        iamText: 'Statement IDs (SID) in a single policy must be unique.',
      })
    }
    seen.add(sid)
  }
}

/**
 * The ARNs of the accounts, users, roles and sessions that a policy names, each once, and unique ids; neither
 * services nor identity providers nor `*`.
 */
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
