import { printable, printableJson } from '../base/printable.ts'
import type { GrantTrace } from '../kms/grants/grant-trace.ts'
import type { Explanation } from '../policy/explain.ts'
import { formatLevel, formatReason, type LevelTargets } from '../policy/reason.ts'
import { formatChange, kindName, statementName } from './change-text.ts'
import { type Examined, isServiceLinked } from './examine.ts'

type PolicyTrace = Explanation['policies'][number]
type StatementTrace = PolicyTrace['statements'][number]
type Miss = StatementTrace['misses'][number] | GrantTrace['misses'][number]

/** The maximum number of an element's values in a line; `--json` shows all. */
const VALUES_SHOWN = 8
/** The maximum number of listed grants, the closest first. */
const GRANTS_SHOWN = 20

/** Formats a decision and its complete trace for people. */
export function formatExamined(examined: Examined): readonly string[] {
  const { request, decision, explanation, levels } = examined
  return [
    `${request.action} on ${printable(request.resource)}`,
    `  ${decision.allow ? 'ALLOWED' : 'REFUSED'}  ${printable(formatReason(decision, levels))}`,
    '',
    ...formatPath(examined).map((line) => `  ${line}`),
    ...(explanation.complete ? [] : ['  the policies take too many steps; the rest was not evaluated']),
    ...formatRemedy(examined).map((line) => (line === '' ? line : `  ${line}`)),
  ]
}

/** The same for a simulated request, with the condition keys that it lacks. */
export function formatSimulated(examined: Examined): readonly string[] {
  const missing = [...examined.asked]
    .filter(([, value]) => value === undefined)
    .map(([key]) => printable(key))
  const open =
    missing.length === 0
      ? []
      : ['', `  condition keys that policies ask for and that were not given: ${missing.join(', ')}`]
  return [...formatExamined(examined), ...open]
}

function formatPath({ explanation, grants, levels, request: { resource } }: Examined): readonly string[] {
  const lines = explanation.policies.flatMap((policy) => formatPolicy(policy, resource, levels))
  const kinds = new Set(explanation.policies.map(({ kind }) => kind))
  const missing = (['scp', 'resource', 'identity', 'boundary', 'session'] as const).filter(
    (kind) => !kinds.has(kind),
  )
  const absent = missing.map((kind) => ABSENT[kind]).filter((text) => text !== undefined)
  const without = absent.length === 0 ? [] : [`there is no ${absent.join(', no ')}`]
  return [...lines, ...formatGrants(grants, explanation), ...without]
}

/** The meaning of the absence of a kind of policy. */
const ABSENT = {
  scp: 'service control policy that limits the account',
  resource: undefined,
  identity: 'identity policy',
  boundary: 'permissions boundary',
  session: 'session policy',
} as const

const OUTCOMES = { Allow: 'allows', Deny: 'DENIES', Silent: 'does not allow' } as const

function formatPolicy(
  { kind, level, name, outcome, statements }: PolicyTrace,
  resource: string,
  levels: LevelTargets,
): readonly string[] {
  const called = name === undefined ? '' : ` ${printable(name)}`
  const about = statements.filter((statement) => !isAboutOther(statement))
  const others = statements.length - about.length
  return [
    `${kindName(kind, resource)}${called}${printable(formatLevel(kind, level, levels))}: ${OUTCOMES[outcome]}`,
    ...about.flatMap((statement) => formatStatement(statement).map((line) => `  ${line}`)),
    ...(others === 0
      ? []
      : [`  ${others} ${others === 1 ? 'statement is' : 'statements are'} about other actions`]),
  ]
}

/** Whether a statement does not name the action: such statements are only counted. */
function isAboutOther({ misses }: StatementTrace): boolean {
  return misses.some(({ element }) => element === 'Action' || element === 'NotAction')
}

function formatStatement({ source, effect, matched, naming, misses }: StatementTrace): readonly string[] {
  const name = `${statementName(source)} (${effect})`
  if (!matched) return [`${name} does not match:`, ...misses.map((miss) => `  ${formatMiss(miss)}`)]
  const byAccount = naming === 'Account' && effect === 'Allow'
  return [`${name} matches${byAccount ? ', and leaves the decision to identity policies' : ''}`]
}

function formatMiss(miss: Miss): string {
  const what = 'operator' in miss ? `${miss.operator} ${printable(miss.key)}` : miss.element
  return `${what}: wanted ${formatValues(miss.wanted)}; the call has ${formatValues(miss.found ?? [])}`
}

function formatValues(values: readonly unknown[]): string {
  if (values.length === 0) return 'nothing'
  const shown = values.slice(0, VALUES_SHOWN).map((value) => printableJson(value))
  const more = values.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

function formatGrants(grants: readonly GrantTrace[], { decision }: Explanation): readonly string[] {
  if (grants.length === 0) return []
  const by = decision.allow && decision.by.kind === 'Grant' ? decision.by.grantId : undefined
  const closest = grants.toSorted((a, b) => distance(a) - distance(b)).slice(0, GRANTS_SHOWN)
  const more = grants.length - closest.length
  return [
    'grants to the caller:',
    ...closest.flatMap(({ id, name, misses }) => {
      const called = `  grant ${id}${name === undefined ? '' : ` ${printableJson(name)}`}`
      if (misses.length === 0) return [`${called} ${id === by ? 'matches' : 'covers the operation'}`]
      return [`${called} does not match:`, ...misses.map((miss) => `    ${formatMiss(miss)}`)]
    }),
    ...(more === 0 ? [] : [`  and ${more} more`]),
  ]
}

/** How far a grant is from allowing the call; one that lists the operation is closer. */
function distance({ misses }: GrantTrace): number {
  return misses.some(({ element }) => element === 'Operations') ? 100 : misses.length
}

function formatRemedy({ decision, change, request, levels }: Examined): readonly string[] {
  if (decision.allow) return []
  if (change === undefined && isServiceLinked(request.principal))
    return ['', 'the policies of a service-linked role cannot be changed, and no other change would allow it']
  if (change === undefined)
    return ['', 'no change of a policy would allow it and keep what the other policies require']
  const onlyContext = change.every(({ kind }) => kind === 'SendContext')
  const lines = change.flatMap((one) => formatChange(one, request.resource, levels))
  const head = onlyContext
    ? 'no policy needs to change; a policy or grant allows it if you:'
    : 'the smallest change that would allow it:'
  return ['', head, ...lines.map((line) => `  ${line}`)]
}
