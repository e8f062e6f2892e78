import { jsonLanguage } from '@codemirror/lang-json'
import type { Diagnostic } from '@codemirror/lint'
import { OPERATIONS } from '../../api/operations.ts'
import type { PolicyUse } from '../../api/policy-targets.ts'
import { POLICY_TEXTS } from '../../texts/en/policy.ts'
import { fill } from '../../texts/en.ts'
import { isObject, textsOf } from './document.ts'

const { lint: texts } = POLICY_TEXTS

/** Where a value is: names of members and places in lists, from the outside. */
type Path = readonly (string | number)[]
type Members = Readonly<Record<string, unknown>>
type Report = (path: Path, message: string, severity?: Diagnostic['severity']) => void

/** Source: IAM User Guide, "IAM JSON policy elements reference". */
const TOP: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])
const ELEMENTS: ReadonlySet<string> = new Set([
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction'],
  ...['Resource', 'NotResource', 'Condition'],
])

/** Finds what is wrong with a policy, with the places in its text. */
export function lintPolicy(text: string, use: PolicyUse): readonly Diagnostic[] {
  const problems: Diagnostic[] = []
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    const at = errorPlace(text)
    return [{ from: at, to: at, severity: 'error', message: texts.syntax }]
  }
  const report: Report = (path, message, severity = 'error') => {
    problems.push({ ...placeOf(text, path), severity, message })
  }
  if (isObject(policy)) lintTop(policy, use, report)
  else report([], texts.notObject)
  return problems
}

function lintTop(policy: Members, use: PolicyUse, report: Report): void {
  for (const name of Object.keys(policy)) if (!TOP.has(name)) report([name], fill(texts.unknownTop, { name }))
  if (policy['Version'] !== '2012-10-17') {
    report('Version' in policy ? ['Version'] : [], texts.version, 'warning')
  }
  const { Statement } = policy
  if (Array.isArray(Statement)) {
    if (Statement.length === 0) report(['Statement'], texts.noStatement)
    lintSids(Statement, report)
    for (const [index, one] of Statement.entries()) lintOne(one, ['Statement', index], use, report)
  } else if (Statement === undefined) report([], texts.noStatement)
  else lintOne(Statement, ['Statement'], use, report)
}

function lintSids(statements: readonly unknown[], report: Report): void {
  const seen = new Set<unknown>()
  for (const [index, statement] of statements.entries()) {
    const sid = isObject(statement) ? statement['Sid'] : undefined
    if (sid === undefined) continue
    if (seen.has(sid)) report(['Statement', index, 'Sid'], fill(texts.sid, { sid: String(sid) }))
    seen.add(sid)
  }
}

function lintOne(statement: unknown, path: Path, use: PolicyUse, report: Report): void {
  if (!isObject(statement)) {
    report(path, texts.statementObject)
    return
  }
  const below: Report = (inner, message, severity) => report([...path, ...inner], message, severity)
  lintElements(statement, below)
  lintPresence(statement, use, below)
  lintActions(statement, below)
  if (use === 'key') lintKeyStatement(statement, below)
}

function lintElements(statement: Members, report: Report): void {
  for (const name of Object.keys(statement)) {
    if (!ELEMENTS.has(name)) report([name], fill(texts.unknown, { name }))
  }
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') {
    report('Effect' in statement ? ['Effect'] : [], texts.effect)
  }
}

/** Which elements a statement needs, and which it must not have, depends on what the policy is for. */
function lintPresence(statement: Members, use: PolicyUse, report: Report): void {
  const needsOne = (one: string, other: string): void => {
    if (one in statement === other in statement) report([], fill(texts.oneOf, { one, other }))
  }
  const needsNone = (names: readonly string[], message: string): void => {
    for (const name of names) if (name in statement) report([name], message)
  }
  needsOne('Action', 'NotAction')
  if (use === 'trust') needsNone(['Resource', 'NotResource'], texts.noResource)
  else needsOne('Resource', 'NotResource')
  if (use === 'key' || use === 'trust' || use === 'rcp') needsOne('Principal', 'NotPrincipal')
  else needsNone(['Principal', 'NotPrincipal'], texts.noPrincipal)
}

const ACTION = /^(?:\*|[\w-]+:[\w*?]+)$/
const KMS_NAMES = Object.entries(OPERATIONS).flatMap(([name, [service]]) => (service === 'kms' ? [name] : []))

function lintActions(statement: Members, report: Report): void {
  for (const element of ['Action', 'NotAction']) {
    const isList = Array.isArray(statement[element])
    for (const [index, action] of textsOf(statement[element]).entries()) {
      const path = isList ? [element, index] : [element]
      if (!ACTION.test(action)) report(path, fill(texts.action, { action }))
      else if (!isKnown(action)) report(path, fill(texts.unknownAction, { action }), 'warning')
    }
  }
}

/** Whether an action can be one of KMS; those of other services always can. */
function isKnown(action: string): boolean {
  const [service, name = ''] = action.split(':')
  if (service?.toLowerCase() !== 'kms') return true
  const source = name.replaceAll('*', '.*').replaceAll('?', '.')
  const pattern = new RegExp(`^${source}$`, 'i')
  return KMS_ONLY.some((one) => pattern.test(one)) || KMS_NAMES.some((one) => pattern.test(one))
}

/** Permissions of KMS that are no operations. Source: KMS Developer Guide, "Permissions reference". */
const KMS_ONLY = ['ReEncryptFrom', 'ReEncryptTo', 'SynchronizeMultiRegionKey']

function lintKeyStatement(statement: Members, report: Report): void {
  const { Effect, Principal, Condition } = statement
  if (textsOf(statement['Resource']).some((one) => one !== '*'))
    report(['Resource'], texts.keyResource, 'warning')
  const names = isObject(Principal) ? textsOf(Principal['AWS']) : textsOf(Principal)
  if (Effect === 'Allow' && names.includes('*') && Condition === undefined) {
    report(['Principal'], texts.everybody, 'warning')
  }
}

/** Returns where a text stops being JSON. */
function errorPlace(text: string): number {
  let place = text.length
  jsonLanguage.parser.parse(text).iterate({
    enter: ({ type, from }) => {
      if (type.isError) place = Math.min(place, from)
    },
  })
  return place
}

type Node = ReturnType<typeof jsonLanguage.parser.parse>['topNode']

/** Returns where a value is in the text of its JSON. */
function placeOf(text: string, path: Path): { readonly from: number; readonly to: number } {
  let node: Node | null = jsonLanguage.parser.parse(text).topNode.firstChild
  let found = node
  for (const step of path) {
    node = node === null ? null : childAt(text, node, step)
    if (node === null) break
    found = node
  }
  if (found === null) return { from: 0, to: 0 }
  // A whole object would mark all its lines: its first line says enough.
  const end = text.indexOf('\n', found.from)
  return { from: found.from, to: end === -1 ? found.to : Math.min(found.to, end) }
}

function childAt(text: string, node: Node, step: string | number): Node | null {
  if (typeof step === 'number') {
    let item = node.firstChild
    let place = -1
    for (; item !== null; item = item.nextSibling) {
      if (/^\w/.test(item.name)) place += 1
      if (place === step) return item
    }
    return null
  }
  for (let item = node.firstChild; item !== null; item = item.nextSibling) {
    const name = item.getChild('PropertyName')
    if (name !== null && JSON.parse(text.slice(name.from, name.to)) === step) return item.lastChild
  }
  return null
}
