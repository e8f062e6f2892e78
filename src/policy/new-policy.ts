import { PARTITION } from '../api/arn.ts'
import { atOnce, type Steps } from '../base/slices.ts'
import type { PolicyDocument, PolicyVersion, PrincipalSpec, Statement } from './document.ts'
import type { Flavour } from './flavour.ts'
import { parsePolicySteps } from './parse.ts'
import { splitArn } from './pattern.ts'
import { isServicePrincipal } from './service-principal.ts'
import {
  ASSUME_ROLE_ONLY,
  invalidPrincipalText,
  LEGACY_PARSING,
  PolicySyntaxError,
  quote,
} from './syntax-error.ts'

/**
 * Reads a policy that somebody puts. Beyond what `parsePolicy` refuses, it refuses what AWS refuses and earlier
 * releases took: a policy that was stored then goes on meaning what it meant.
 *
 * @throws PolicySyntaxError
 */
export function parseNewPolicy(text: string, options: { readonly flavour: Flavour }): PolicyDocument {
  return atOnce(parseNewPolicySteps(text, options))
}

/** The same a statement at a time. @throws PolicySyntaxError */
export function* parseNewPolicySteps(
  text: string,
  options: { readonly flavour: Flavour },
): Steps<PolicyDocument> {
  const document = yield* parsePolicySteps(text, options)
  for (const [index, statement] of document.statements.entries()) {
    yield
    const path = `Statement[${index}]`
    const problem = problemOf(statement, options.flavour) ?? arnProblem(statement, document.version)
    if (problem !== undefined) throw new PolicySyntaxError(`${path}: ${problem.message}`, problem)
  }
  return document
}

type Problem = {
  readonly message: string
  readonly fault?: 'Principal' | 'Service' | 'Action'
  readonly iamText: string
}

function problemOf(statement: Statement, flavour: Flavour): Problem | undefined {
  const { principals, actions, resources } = statement
  switch (flavour) {
    case 'key':
      return actions === undefined ? NO_ACTION : first(principals?.values, serviceProblem)
    case 'bucket':
      return first(principals?.values, serviceProblem)
    case 'trust':
      return (
        first(principals?.values, everyoneProblem) ??
        first(principals?.values, serviceProblem) ??
        first(actions?.values, trustActionProblem)
      )
    case 'identity':
    case 'session':
    case 'scp':
    case 'rcp':
      return first(resources?.values, resourceProblem)
  }
}

function first<T>(
  values: readonly T[] | undefined,
  problem: (value: T) => Problem | undefined,
): Problem | undefined {
  for (const value of values ?? []) {
    const found = problem(value)
    if (found !== undefined) return found
  }
  return undefined
}

const NO_ACTION: Problem = {
  message: 'Action or NotAction required',
  fault: 'Action',
  iamText: 'Policy statement must contain actions.',
}

/** Source: recorded answers of CreateRole. `{"AWS": "*"}` is accepted. */
function everyoneProblem(spec: PrincipalSpec): Problem | undefined {
  if (spec.kind !== 'Everyone' || !spec.bare) return undefined
  return {
    message: '"Principal": {"AWS": "*"} required, got "*"',
    fault: 'Principal',
    iamText: 'AssumeRolepolicy contained an invalid principal: "STAR":"*".',
  }
}

function serviceProblem(spec: PrincipalSpec): Problem | undefined {
  if (spec.kind !== 'Service' || isServicePrincipal(spec.name)) return undefined
  return {
    message: `not a service: ${quote(spec.name)}`,
    fault: 'Service',
    iamText: invalidPrincipalText('Service', spec.name),
  }
}

const TRUST_ACTIONS: ReadonlySet<string> = new Set([
  'sts:AssumeRole*',
  'sts:AssumeRole',
  'sts:AssumeRoleWithSAML',
  'sts:AssumeRoleWithWebIdentity',
  'sts:SetContext',
  'sts:SetSourceIdentity',
  'sts:TagSession',
])

/** In trust policies alone, the case of an action counts. Source: recorded answers of CreateRole. */
function trustActionProblem(action: string): Problem | undefined {
  if (TRUST_ACTIONS.has(action)) return undefined
  return {
    message: `an action that takes on a role, in AWS's case, required, got ${quote(action)}`,
    iamText: ASSUME_ROLE_ONLY,
  }
}

/**
 * A value of an ARN operator has the colons of an ARN beside its variables, if the version has any. Source: recorded
 * answers.
 */
function arnProblem({ conditions }: Statement, version: PolicyVersion): Problem | undefined {
  const written = (value: string): string =>
    version === '2012-10-17' ? value.replace(/\$\{[^}]*\}/g, '') : value
  for (const { operator, key, values } of conditions) {
    if (operator.comparison !== 'ArnLike') continue
    const bad = values.find((value) => value !== '*' && splitArn(written(value)) === undefined)
    if (bad === undefined) continue
    return { message: `${quote(key)}: an ARN required, got ${quote(bad)}`, iamText: LEGACY_PARSING }
  }
  return undefined
}

/** Source: recorded answers of CreatePolicy and PutRolePolicy, where nothing else is said. */
function resourceProblem(resource: string): Problem | undefined {
  const parts = splitArn(resource)
  if (parts === undefined) return undefined
  const [, partition = '', service = '', region = '', account = '', name = ''] = parts
  const arn = { shown: resource.slice(0, SHOWN_MAX_CHARS), region, account, name }
  if (partition !== PARTITION && !/[*?]/.test(partition)) {
    return {
      message: `a resource of the partition ${PARTITION} required, got ${quote(resource)}`,
      iamText: `Partition "${partition.slice(0, SHOWN_MAX_CHARS)}" is not valid for resource "${arn.shown}".`,
    }
  }
  // Variables have no meaning there, and such a resource covers nothing; nothing is recorded of it.
  if (`${region}${account}`.includes('$')) return undefined
  if (!REGION.test(region) || !ACCOUNT.test(account)) {
    return { message: `an ARN required, got ${quote(resource)}`, iamText: LEGACY_PARSING }
  }
  if (service === 'iam') return iamProblem(arn)
  return service === 's3' ? s3Problem(arn) : undefined
}

/** What may stand for a region and an account: nothing, one of that form, or a pattern; `aws` stands for AWS. */
const REGION = /[*?]|^(?:[a-z]+(?:-[a-z0-9]+)*)?$/
const ACCOUNT = /[*?]|^(?:\d{12}|[a-z][a-z-]*)?$/

/** The longest part of a resource that a message repeats: a bound of ours. */
const SHOWN_MAX_CHARS = 256

type Arn = {
  readonly shown: string
  readonly region: string
  readonly account: string
  readonly name: string
}

/** Source: Service Authorization Reference, "IAM", and recorded answers. */
const IAM_TYPES = [
  ...['user/', 'federated-user/', 'role/', 'group/', 'instance-profile/', 'mfa/', 'server-certificate/'],
  ...['policy/', 'sms-mfa/', 'saml-provider/', 'oidc-provider/', 'report/', 'access-report/'],
]

function iamProblem({ shown, region, name }: Arn): Problem | undefined {
  if (isSaid(region)) {
    return {
      message: `a resource of IAM without region required, got ${quote(shown)}`,
      iamText: `IAM resource ${shown} cannot contain region information.`,
    }
  }
  const head = literalHead(name)
  const known = [...IAM_TYPES, ...MORE_IAM_TYPES].some((type) => head.startsWith(type))
  if (name === '*' || known || (head !== '' && head !== name && isBeginning(head, IAM_TYPES)))
    return undefined
  return {
    message: `a kind of resource of IAM required, got ${quote(shown)}`,
    iamText: `IAM resource path must either be "*" or start with ${IAM_TYPES.join(', ')}.`,
  }
}

/** Others that IAM's authorization knows. */
const MORE_IAM_TYPES = ['assumed-role/', 'delegation-request/', 'root']

/** What S3 has in regions and accounts. Source: Service Authorization Reference, "Amazon S3". */
const S3_TYPES_OF_ACCOUNTS = [
  ...['accesspoint/', 'access-grants/', 'async-request/', 'job/', 'storage-lens/', 'storage-lens-group/'],
]

function s3Problem({ shown, region, account, name }: Arn): Problem | undefined {
  const head = literalHead(name)
  const ofAccount = S3_TYPES_OF_ACCOUNTS.some((type) => head.startsWith(type))
  if (ofAccount || (head !== name && isBeginning(head, S3_TYPES_OF_ACCOUNTS))) return undefined
  const what = isSaid(region) ? 'region' : isSaid(account) ? 'account' : undefined
  return (
    what && {
      message: `a bucket or object without ${what} required, got ${quote(shown)}`,
      iamText: `Resource ${shown} can not contain ${what} information.`,
    }
  )
}

/** Whether a part of an ARN says something: `*` may stand for nothing. */
function isSaid(part: string): boolean {
  return /[^*]/.test(part)
}

/** A name up to its first wildcard or variable. */
function literalHead(name: string): string {
  return /^[^*?$]*/.exec(name)?.[0] ?? ''
}

function isBeginning(head: string, types: readonly string[]): boolean {
  return types.some((type) => type.startsWith(head))
}
