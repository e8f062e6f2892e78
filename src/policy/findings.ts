import type { Steps } from '../base/slices.ts'
import type { Listed, PolicyDocument, PrincipalSpec, Statement } from './document.ts'
import { startEvaluation } from './evaluation.ts'
import type { Flavour } from './flavour.ts'
import { overlyPermissiveCondition } from './key-policy.ts'
import { parseNewPolicySteps } from './new-policy.ts'
import { textTest } from './pattern.ts'
import { PolicySyntaxError } from './syntax-error.ts'

/**
 * A finding about a policy: a mistake for which Holdfast refuses it, a risk, a probable mistake, or an improvement.
 * Source: IAM Access Analyzer API Reference, "ValidatePolicyFinding", `findingType`.
 */
export type PolicyFinding = {
  readonly type: 'ERROR' | 'SECURITY_WARNING' | 'WARNING' | 'SUGGESTION'
  readonly code: string
  readonly details: string
  /** The position of the statement, from 0; absent where the finding concerns the whole policy. */
  readonly statement?: number
}

/** Returns whether an operation of a service exists, in lower case; nothing for a service without a list. */
export type KnownActions = (service: string) => ReadonlySet<string> | undefined

/** The findings about a policy text, errors first. */
export function* policyFindingsSteps(
  text: string,
  flavour: Flavour,
  known: KnownActions,
): Steps<readonly PolicyFinding[]> {
  let document: PolicyDocument
  try {
    document = yield* parseNewPolicySteps(text, { flavour })
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error
    return [{ type: 'ERROR', code: 'SYNTAX_ERROR', details: error.message }]
  }
  const findings = [...documentFindings(document, flavour)]
  const sids = new Set<string>()
  for (const [index, statement] of document.statements.entries()) {
    yield
    for (const finding of risksOf(statement, flavour)) findings.push({ ...finding, statement: index })
    for (const finding of unknownActions(statement, known)) findings.push({ ...finding, statement: index })
    const { sid = '' } = statement
    if (sids.has(sid)) findings.push({ ...repeatedSid(sid), statement: index })
    if (sid !== '') sids.add(sid)
  }
  return findings.sort((one, other) => ORDER.indexOf(one.type) - ORDER.indexOf(other.type))
}

const ORDER: readonly PolicyFinding['type'][] = ['ERROR', 'SECURITY_WARNING', 'WARNING', 'SUGGESTION']

const OLD_VERSION: PolicyFinding = {
  type: 'SUGGESTION',
  code: 'OLD_VERSION',
  details: 'The version 2008-10-17 has no policy variables. Use "Version": "2012-10-17".',
}

/** The findings about the policy as a whole. */
function documentFindings(document: PolicyDocument, flavour: Flavour): readonly PolicyFinding[] {
  const findings: PolicyFinding[] = flavour === 'rcp' ? [...controlErrors(document)] : []
  const overly = flavour === 'key' ? overlyPermissiveCondition(document) : undefined
  if (overly !== undefined)
    findings.push({ type: 'ERROR', code: 'OVERLY_PERMISSIVE_CONDITION', details: overly })
  if (document.version === '2008-10-17') findings.push(OLD_VERSION)
  return findings
}

/** Source: AWS Organizations User Guide, "RCP syntax". */
function controlErrors({ statements }: PolicyDocument): readonly PolicyFinding[] {
  return statements.flatMap(({ effect, actions }, statement): readonly PolicyFinding[] => {
    if (effect !== 'Allow' && actions?.negated !== true) return []
    const details =
      'A resource control policy denies actions that it names: it has no Allow and no NotAction.'
    return [{ type: 'ERROR', code: 'RCP_ALLOWS', details, statement }]
  })
}

function repeatedSid(sid: string): PolicyFinding {
  const details = `An earlier statement has the Sid "${sid}" too. Explanations name statements by their Sid.`
  return { type: 'WARNING', code: 'REPEATED_SID', details }
}

function risksOf(statement: Statement, flavour: Flavour): readonly PolicyFinding[] {
  const { effect, principals, actions, resources, conditions } = statement
  const findings: PolicyFinding[] = []
  const risk = (code: string, details: string): void => {
    findings.push({ type: 'SECURITY_WARNING', code, details })
  }
  const warn = (code: string, details: string): void => {
    findings.push({ type: 'WARNING', code, details })
  }
  if (flavour === 'key' && resources === undefined)
    warn('NO_RESOURCE', 'A statement without Resource has no effect. Use "Resource": "*" for this key.')
  if (effect !== 'Allow' || flavour === 'scp') return findings
  if (conditions.length === 0 && principals?.negated === false && principals.values.some(isEveryone))
    risk('PUBLIC_ACCESS', 'The statement allows every principal of every account, without a condition.')
  if (actions?.negated === true)
    risk(
      'ALLOW_WITH_NOT_ACTION',
      'Allow with NotAction allows all other actions, also those of later releases.',
    )
  if (isAll(actions) && flavour !== 'key' && isAll(resources) && conditions.length === 0)
    risk('FULL_ADMINISTRATION', 'The statement allows all actions on all resources.')
  if (flavour === 'identity' && isAll(resources) && PASSES.some((action) => covers(actions, action)))
    risk(
      'PASS_ROLE_WITH_STAR',
      'The statement allows iam:PassRole on every role: the principal may use any of them.',
    )
  return findings
}

/** Actions that use another identity. */
const PASSES = ['iam:passrole'] as const

function isEveryone({ kind }: PrincipalSpec): boolean {
  return kind === 'Everyone'
}

function isAll(values: Listed<string> | undefined): boolean {
  return values?.negated === false && values.values.some((value) => value === '*' || value === '*:*')
}

function covers(actions: Listed<string> | undefined, action: string): boolean {
  return actions?.negated === false && actions.values.some((value) => value.toLowerCase() === action)
}

function unknownActions({ actions }: Statement, known: KnownActions): readonly PolicyFinding[] {
  return (actions?.values ?? []).flatMap((value): readonly PolicyFinding[] => {
    const [service = '', name = ''] = value.toLowerCase().split(':')
    const names = known(service)
    if (names === undefined || name === '') return []
    const matches = textTest(name, { wildcards: true, variables: false })
    const evaluation = startEvaluation(() => undefined)
    if ([...names].some((known) => matches(known, evaluation))) return []
    return [
      { type: 'WARNING', code: 'UNKNOWN_ACTION', details: `No action is named ${JSON.stringify(value)}.` },
    ]
  })
}
