import type { ValueOf } from '../../api/shapes.ts'
import type { Steps } from '../../base/slices.ts'
import { isControlled } from '../../dispatch/access.ts'
import type { CompiledPolicy } from '../../policy/compile.ts'
import type { CompiledStatement } from '../../policy/compiled-statement.ts'
import type { ContextLookup, ContextValue } from '../../policy/context.ts'
import {
  type AccessRequest,
  type Levels,
  levelsOfResource,
  type Policies,
  type PolicyKind,
} from '../../policy/decide.ts'
import { type Explanation, explainDecisionSteps } from '../../policy/explain.ts'
import type { EVALUATION_RESULT_ANSWER } from '../iam-answers.ts'

/** Condition keys of a request to simulate, by lower-case name. */
export type GivenContext = ReadonlyMap<string, ContextValue>

type ContextEntry = {
  readonly ContextKeyName?: string | undefined
  readonly ContextKeyValues?: readonly string[] | undefined
  readonly ContextKeyType?: string | undefined
}

/** The condition keys of a simulation's request. */
export function parseContext(entries: readonly ContextEntry[]): GivenContext {
  const context = new Map<string, ContextValue>()
  for (const { ContextKeyName: name, ContextKeyValues: values = [], ContextKeyType: type } of entries) {
    if (name === undefined) continue
    const [first] = values
    const isList = type?.endsWith('List') === true || first === undefined
    context.set(name.toLowerCase(), isList ? values : first)
  }
  return context
}

/** A request to simulate: the principal, and the policies. */
export type Scene = {
  readonly principal: AccessRequest['principal']
  readonly resourceAccount: string
  readonly policies: Policies
  readonly given: GivenContext
  /** Keys that are known without being given. */
  readonly known: ContextLookup
  /** Whether the control policies are the organization's, of which an account sees the outcome alone. */
  readonly withholdsControls: boolean
}

/** A result in an answer. */
export type ResultAnswer = ValueOf<typeof EVALUATION_RESULT_ANSWER>

/** The results of SimulateCustomPolicy and SimulatePrincipalPolicy for one action on one resource. */
export function* simulateSteps(scene: Scene, action: string, resource: string): Steps<ResultAnswer> {
  const missing = new Set<string>()
  const context: ContextLookup = (name) => {
    const value = scene.given.get(name) ?? scene.known(name)
    if (value === undefined) missing.add(name)
    return value
  }
  const { principal, resourceAccount } = scene
  const policies = boundBy(scene.policies, action)
  const request = { principal, action, resource, resourceAccount, context }
  const explanation = yield* explainDecisionSteps(request, policies)
  const shown = scene.withholdsControls ? { ...policies, scps: undefined, rcps: undefined } : policies
  const asked = yield* contextKeysSteps(allOf(shown))
  const written = new Map(asked.map((name) => [name.toLowerCase(), name]))
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: wordFor(explanation),
    MatchedStatements: matchedStatements(explanation, scene),
    MissingContextValues: [...missing].flatMap((name) => written.get(name) ?? []),
    OrganizationsDecisionDetail: (policies.scps ?? policies.rcps) && {
      AllowedByOrganizations:
        isAllowedByLevels(explanation, 'scp', policies.scps) &&
        isAllowedByLevels(explanation, 'rcp', policies.rcps),
    },
    PermissionsBoundaryDecisionDetail: policies.boundary && {
      AllowedByPermissionsBoundary: isAllowedBy(explanation, 'boundary'),
    },
  }
}

function wordFor({ decision }: Explanation): string {
  if (decision.allow) return 'allowed'
  return decision.why.kind === 'ExplicitDeny' ? 'explicitDeny' : 'implicitDeny'
}

/** The policies that apply to an action: resource control policies apply only to some. */
function boundBy(policies: Policies, action: string): Policies {
  const rcps = isControlled(action) ? levelsOfResource(policies, action.toLowerCase()) : undefined
  return { ...policies, rcps }
}

/** Whether a policy at each level allows, and none denies. */
function isAllowedByLevels(
  explanation: Explanation,
  kind: 'scp' | 'rcp',
  levels: Levels | undefined = [],
): boolean {
  return levels.every((_, level) => isAllowedBy(explanation, kind, level))
}

function isAllowedBy({ policies }: Explanation, kind: PolicyKind, level?: number): boolean {
  const outcomes = policies
    .filter((policy) => policy.kind === kind && policy.level === level)
    .map(({ outcome }) => outcome)
  return outcomes.includes('Allow') && !outcomes.includes('Deny')
}

function matchedStatements(
  { policies }: Explanation,
  { withholdsControls }: Scene,
): NonNullable<ResultAnswer['MatchedStatements']> {
  const shown = policies.filter(({ kind }) => !withholdsControls || (kind !== 'scp' && kind !== 'rcp'))
  return shown.flatMap(({ kind, name, statements }) =>
    statements
      .filter(({ matched }) => matched)
      .map(() => ({ SourcePolicyId: name, SourcePolicyType: sourceType(kind, name) })),
  )
}

function sourceType(kind: string, name: string | undefined): string {
  if (kind === 'resource') return 'resource'
  if (name?.startsWith('arn:aws:iam::aws:')) return 'aws-managed'
  return name?.startsWith('arn:') ? 'user-managed' : 'none'
}

function allOf({ identity, boundary, session, resource, scps, rcps }: Policies): readonly CompiledPolicy[] {
  const single = [boundary, resource].flatMap((policy) => (policy === undefined ? [] : [policy]))
  return [...identity, ...single, ...(session ?? []), ...(scps ?? []).flat(), ...(rcps ?? []).flat()]
}

const VARIABLE = /\$\{\s*([^}\s,*?$]+)\s*[,}]/g

/** The condition keys that policies use, as written, each once. */
export function* contextKeysSteps(policies: readonly CompiledPolicy[]): Steps<readonly string[]> {
  const keys = new Map<string, string>()
  for (const policy of policies) {
    for (const key of yield* keysOfPolicy(policy)) {
      if (!keys.has(key.toLowerCase())) keys.set(key.toLowerCase(), key)
    }
  }
  return [...keys.values()].sort()
}

/** Caches the keys of each policy: a simulation needs them repeatedly. */
const KEYS = new WeakMap<CompiledPolicy, ReadonlySet<string>>()

function* keysOfPolicy(policy: CompiledPolicy): Steps<ReadonlySet<string>> {
  const known = KEYS.get(policy)
  if (known !== undefined) return known
  const keys = new Set<string>()
  for (const statement of policy.statements) {
    yield
    for (const key of keysOf(statement)) keys.add(key)
  }
  KEYS.set(policy, keys)
  return keys
}

function keysOf({ written }: CompiledStatement): readonly string[] {
  const texts = [
    ...(written.resources?.values ?? []),
    ...written.conditions.flatMap(({ values }) => values.map(String)),
  ]
  const variables = texts.flatMap((text) => [...text.matchAll(VARIABLE)].map(([, key = '']) => key))
  return [...written.conditions.map(({ key }) => key), ...variables]
}
