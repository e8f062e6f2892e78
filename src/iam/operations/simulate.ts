import { parseArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import { boolean, type Input, list, oneOf, optional, structure, text } from '../../api/shapes.ts'
import { type GiveWay, inSlices, type Steps } from '../../base/slices.ts'
import { keysInPlace, onResource } from '../../dispatch/access.ts'
import type { CallerPolicies } from '../../dispatch/caller.ts'
import type { Call } from '../../dispatch/operation.ts'
import { type CompiledPolicy, compilePolicySteps } from '../../policy/compile.ts'
import type { Levels, Principal } from '../../policy/decide.ts'
import type { Flavour } from '../../policy/flavour.ts'
import { roleSessionCaller, userCaller } from '../credentials/callers.ts'
import { iamArn, parseIamArn } from '../entities/arns.ts'
import { entityArn, findByName, GROUPS, ROLES, USERS } from '../entities/entities.ts'
import { ON_ACCOUNT } from '../entities/finders.ts'
import { EVALUATION_RESULT_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { type Finder, iamOperation } from '../iam-operation.ts'
import { goingOnAfter, pageLimit, parseMarker } from '../iam-paging.ts'
import type { EntityValue } from '../iam-records.ts'
import { ACTION_NAMES, ARN, DOCUMENT, PAGING } from '../iam-shapes.ts'
import { placeNow } from '../organization/place.ts'
import { parseDocumentSteps } from '../policies/documents.ts'
import { groupPolicies, policiesNow } from '../policies/policies.ts'
import {
  contextKeysSteps,
  parseContext,
  type ResultAnswer,
  type Scene,
  simulateSteps,
} from '../policies/simulation.ts'

/** Pairs of an action and a resource in one simulation: a bound of Holdfast's. */
const PAIRS_MAX = 10_000

const RESOURCE_NAME = text({ min: 1, max: 2048 })
const TYPES = ['string', 'numeric', 'boolean', 'ip', 'binary', 'date'] as const
const CONTEXT_ENTRIES = list(
  structure({
    ContextKeyName: optional(text({ min: 5, max: 256 })),
    ContextKeyValues: optional(list(text())),
    ContextKeyType: optional(oneOf(...TYPES.flatMap((type) => [type, `${type}List`]))),
  }),
)

const SCENE = {
  ActionNames: ACTION_NAMES,
  ResourceArns: optional(list(RESOURCE_NAME)),
  ResourcePolicy: optional(DOCUMENT),
  ResourceOwner: optional(RESOURCE_NAME),
  CallerArn: optional(RESOURCE_NAME),
  ContextEntries: optional(CONTEXT_ENTRIES),
  ResourceHandlingOption: optional(text({ min: 1, max: 64 })),
  PermissionsBoundaryPolicyInputList: optional(list(DOCUMENT)),
  ...PAGING,
}

type SceneInput = Input<typeof SCENE>

/** A policy of a request. @throws InvalidInputException. */
async function compileInput(
  document: string,
  name: string,
  giveWay: GiveWay,
  flavour: Flavour = 'identity',
): Promise<CompiledPolicy> {
  try {
    const parsed = await inSlices(parseDocumentSteps(document, flavour), giveWay)
    return await inSlices(compilePolicySteps(parsed, { name }), giveWay)
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    throw new KmsError('InvalidInputException', `Invalid Input. ${name}: ${error.message}`)
  }
}

async function compileAll(
  documents: readonly string[] | undefined,
  list: string,
  giveWay: GiveWay,
): Promise<readonly CompiledPolicy[]> {
  const compiled: CompiledPolicy[] = []
  for (const [index, document] of (documents ?? []).entries()) {
    compiled.push(await compileInput(document, `${list}.${index + 1}`, giveWay))
  }
  return compiled
}

/** The time for one page of a simulation: a bound of Holdfast's, as the given policies may be slow. */
const PAGE_MAX_MS = 200

/** One page of the results, which is shorter when they take long. @throws InvalidInputException. */
async function results({ clock, giveWay }: IamDependencies, scene: Scene, input: SceneInput) {
  const { ActionNames, ResourceArns: resources = ['*'] } = input
  if (ActionNames.length * resources.length > PAIRS_MAX) {
    throw new KmsError('InvalidInputException', `At most ${PAIRS_MAX} pairs of actions and resources.`)
  }
  let leftMs = PAGE_MAX_MS
  const found: ResultAnswer[] = []
  const count = ActionNames.length * resources.length
  const begin = firstPair(input, count)
  const end = Math.min(count, begin + pageLimit(input))
  for (let pair = begin; pair < end; pair += 1) {
    const action = ActionNames[Math.floor(pair / resources.length)] ?? ''
    const steps = simulateSteps(scene, action, resources[pair % resources.length] ?? '')
    const timed = function* (): Steps<ResultAnswer> {
      for (;;) {
        const beganAtMs = clock.monotonicMs()
        const step = steps.next()
        leftMs -= clock.monotonicMs() - beganAtMs
        if (step.done === true) return step.value
        yield
      }
    }
    found.push(await inSlices(timed(), giveWay))
    if (leftMs <= 0) break
  }
  const next = begin + found.length
  return { ...goingOnAfter(next < count ? numberOf(next - 1) : undefined), EvaluationResults: found }
}

/** The first pair of a page. Pairs are numbered in the order of the answer, and a marker is the number of the last one. */
function firstPair({ Marker: marker }: SceneInput, count: number): number {
  if (marker === undefined) return 0
  const after = parseMarker(marker)
  let begin = 0
  let end = count
  while (begin < end) {
    const middle = Math.floor((begin + end) / 2)
    if (numberOf(middle) > after) end = middle
    else begin = middle + 1
  }
  return begin
}

function numberOf(pair: number): string {
  return String(pair).padStart(String(PAIRS_MAX).length, '0')
}

/** The account that owns the simulated resource: as given, or the caller's. */
function ownerOf({ ResourceOwner }: SceneInput, account: string): string {
  if (ResourceOwner === undefined) return account
  return parseArn(ResourceOwner)?.account ?? ResourceOwner
}

/** The boundaries of a request count together as one: IAM takes one at most. */
async function boundaryOf(
  { PermissionsBoundaryPolicyInputList: documents }: SceneInput,
  giveWay: GiveWay,
): Promise<CompiledPolicy | undefined> {
  if (documents === undefined || documents.length === 0) return undefined
  if (documents.length > 1) {
    throw new KmsError('InvalidInputException', 'Only one permissions boundary can be given.')
  }
  return compileInput(documents[0] ?? '', 'PermissionsBoundaryPolicyInputList.1', giveWay)
}

async function resourcePolicy(
  { ResourcePolicy }: SceneInput,
  giveWay: GiveWay,
): Promise<CompiledPolicy | undefined> {
  if (ResourcePolicy === undefined) return undefined
  return compileInput(ResourcePolicy, 'ResourcePolicy', giveWay, 'key')
}

const CUSTOM = {
  ...SCENE,
  PolicyInputList: list(DOCUMENT),
  OrderedOrganizationPolicyInputList: optional(
    list(structure({ ServiceControlPolicyInputList: optional(list(DOCUMENT)) }), { max: 7 }),
  ),
}

type Level = { readonly ServiceControlPolicyInputList?: readonly string[] | undefined }

async function compileLevels(
  levels: readonly Level[] | undefined,
  giveWay: GiveWay,
): Promise<Levels | undefined> {
  if (levels === undefined) return undefined
  const compiled: (readonly CompiledPolicy[])[] = []
  for (const { ServiceControlPolicyInputList: documents } of levels) {
    compiled.push(await compileAll(documents, 'ServiceControlPolicyInputList', giveWay))
  }
  return compiled
}

const simulateCustomPolicy = iamOperation(
  {
    name: 'SimulateCustomPolicy',
    readOnly: true,
    input: CUSTOM,
    output: { EvaluationResults: list(EVALUATION_RESULT_ANSWER), IsTruncated: boolean(), Marker: text() },
    find: ON_ACCOUNT,
  },
  async ({ call, input, dependencies }) => {
    const { account } = call.caller
    const { giveWay } = dependencies
    const levels = await compileLevels(input.OrderedOrganizationPolicyInputList, giveWay)
    const scene: Scene = {
      principal: principalOf(input.CallerArn ?? iamArn(account, 'user/simulated')),
      resourceAccount: ownerOf(input, account),
      policies: {
        identity: await compileAll(input.PolicyInputList, 'PolicyInputList', giveWay),
        boundary: await boundaryOf(input, giveWay),
        resource: await resourcePolicy(input, giveWay),
        scps: levels,
      },
      given: parseContext(input.ContextEntries ?? []),
      known: () => undefined,
      withholdsControls: false,
    }
    return { output: await results(dependencies, scene, input) }
  },
)

/** @throws InvalidInputException for a text that is no ARN of a user. */
function principalOf(arn: string): Principal {
  const parsed = parseIamArn(arn)
  if (parsed?.kind !== 'user') {
    throw new KmsError('InvalidInputException', `Invalid Input. ${arn} is not the ARN of a user.`)
  }
  return { type: 'User', account: parsed.account, arn }
}

/** A user, group or role whose policies are simulated. */
type Source = {
  readonly kind: 'user' | 'group' | 'role'
  readonly value: EntityValue
  readonly principal: Principal
  readonly known: Scene['known']
  readonly policies: CallerPolicies
}

/** The user, group or role that `PolicySourceArn` names. */
const SOURCE_NAMED: Finder<{ readonly PolicySourceArn: string }, Source> = async ({
  call,
  input,
  dependencies,
}) => {
  const { PolicySourceArn: arn } = input
  const parsed = parseIamArn(arn)
  const { account } = call.caller
  const entity =
    parsed === undefined || parsed.account !== account
      ? undefined
      : await findSource(dependencies, call, parsed.kind, parsed.name)
  const isIt = entity !== undefined && entityArn(account, entity.kind, entity.value) === arn
  const missing = () => new KmsError('NoSuchEntityException', `Policy source ${arn} was not found.`)
  return { arn, tags: entity?.value.tags ?? [], entity: isIt ? entity : undefined, missing }
}

async function findSource(
  { records, giveWay }: IamDependencies,
  { caller: { account }, now }: Call,
  kind: string,
  name: string,
): Promise<Source | undefined> {
  const nobody = () => ({ identity: [] })
  if (kind === 'user') {
    const user = await findByName(records, USERS, account, name)
    if (user === undefined) return undefined
    const { principal, keys: known } = userCaller(account, user.value, '', nobody)
    const policies = await policiesNow(records, { account, entity: { kind, id: user.value.id } }, giveWay)()
    return { kind, value: user.value, principal, known, policies }
  }
  if (kind === 'role') {
    const role = await findByName(records, ROLES, account, name)
    if (role === undefined) return undefined
    const session = { accessKeyId: '', issuedAt: now, name: 'simulated', tags: [] }
    const { principal, keys: known } = roleSessionCaller(account, role.value, session, nobody)
    const policies = await policiesNow(records, { account, entity: { kind, id: role.value.id } }, giveWay)()
    return { kind, value: role.value, principal, known, policies }
  }
  const group = kind === 'group' ? await findByName(records, GROUPS, account, name) : undefined
  if (group === undefined) return undefined
  const principal = principalOf(iamArn(account, 'user/simulated'))
  const identity = await groupPolicies(records, account, group.value, giveWay)
  return { kind: 'group', value: group.value, principal, known: () => undefined, policies: { identity } }
}

const EXCLUSIONS = list(
  structure({
    PolicyType: optional(oneOf('inline', 'aws-managed', 'user-managed', 'permission-boundary', 'scp', 'rcp')),
    PolicyArn: optional(ARN),
    InlinePolicyIdentifier: optional(
      structure({
        PolicyName: text({ min: 1, max: 128 }),
        AttachmentType: oneOf('user', 'group', 'role'),
        AttachmentName: text({ min: 1, max: 128 }),
      }),
    ),
  }),
  { max: 256 },
)

const PRINCIPAL = {
  ...SCENE,
  PolicySourceArn: ARN,
  PolicyInputList: optional(list(DOCUMENT)),
  PolicyExclusionList: optional(EXCLUSIONS),
}

const simulatePrincipalPolicy = iamOperation(
  {
    name: 'SimulatePrincipalPolicy',
    readOnly: true,
    input: PRINCIPAL,
    output: { EvaluationResults: list(EVALUATION_RESULT_ANSWER), IsTruncated: boolean(), Marker: text() },
    find: SOURCE_NAMED,
  },
  async ({ call, input, dependencies, entity }) => {
    const { account } = call.caller
    const { giveWay } = dependencies
    const { policies, principal, known } = entity
    const excluded = new Set(
      (input.PolicyExclusionList ?? []).flatMap(({ PolicyArn, InlinePolicyIdentifier }) => [
        PolicyArn,
        InlinePolicyIdentifier?.PolicyName,
      ]),
    )
    const resourceAccount = ownerOf(input, account)
    // The caller may not know another account's place, nor the policies that bind it.
    const place = resourceAccount === account ? await placeNow(dependencies.records, account) : {}
    const kept = policies.identity.filter(({ name }) => name === undefined || !excluded.has(name))
    const scene: Scene = {
      principal: input.CallerArn === undefined ? principal : principalOf(input.CallerArn),
      resourceAccount,
      policies: {
        ...policies,
        identity: [...kept, ...(await compileAll(input.PolicyInputList, 'PolicyInputList', giveWay))],
        boundary: (await boundaryOf(input, giveWay)) ?? policies.boundary,
        resource: await resourcePolicy(input, giveWay),
        rcps: place.rcps,
      },
      given: parseContext(input.ContextEntries ?? []),
      known: onResource(keysInPlace(known, policies.place), resourceAccount, place),
      withholdsControls: true,
    }
    return { output: await results(dependencies, scene, input) }
  },
)

const getContextKeysForCustomPolicy = iamOperation(
  {
    name: 'GetContextKeysForCustomPolicy',
    readOnly: true,
    input: { PolicyInputList: list(DOCUMENT) },
    output: { ContextKeyNames: list(text()) },
    find: ON_ACCOUNT,
  },
  async ({ input, dependencies: { giveWay } }) => {
    const policies = await compileAll(input.PolicyInputList, 'PolicyInputList', giveWay)
    return { output: { ContextKeyNames: await inSlices(contextKeysSteps(policies), giveWay) } }
  },
)

const getContextKeysForPrincipalPolicy = iamOperation(
  {
    name: 'GetContextKeysForPrincipalPolicy',
    readOnly: true,
    input: { PolicySourceArn: ARN, PolicyInputList: optional(list(DOCUMENT)) },
    output: { ContextKeyNames: list(text()) },
    find: SOURCE_NAMED,
  },
  async ({ input, entity, dependencies: { giveWay } }) => {
    const more = await compileAll(input.PolicyInputList, 'PolicyInputList', giveWay)
    const policies = [...entity.policies.identity, ...more]
    return { output: { ContextKeyNames: await inSlices(contextKeysSteps(policies), giveWay) } }
  },
)

/** Simulations. Source: IAM API Reference, "SimulatePrincipalPolicy" and so on. */
export const SIMULATE_OPERATIONS: readonly IamOperation[] = [
  simulateCustomPolicy,
  simulatePrincipalPolicy,
  getContextKeysForCustomPolicy,
  getContextKeysForPrincipalPolicy,
]
