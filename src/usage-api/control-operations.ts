import { PARTITION } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import {
  answer,
  instant,
  integer,
  list,
  oneOf,
  optional,
  pattern,
  text,
  type ValueOf,
} from '../api/shapes.ts'
import type { Call } from '../dispatch/operation.ts'
import { ACCOUNT, ACCOUNTS } from '../iam/accounts/account.ts'
import {
  type Attachment,
  attachControl,
  deleteControl,
  detachControl,
  listControls,
  putControl,
} from '../iam/organization/control-attachments.ts'
import {
  attachedTo,
  CONTROL_POLICIES,
  CONTROLS,
  type ControlTarget,
  type ControlType,
} from '../iam/organization/control-policies.ts'
import { findOrganization } from '../iam/organization/organization-record.ts'
import { checkExpected } from '../iam/policies/expected-policy.ts'
import { CONTROL_POLICY_MAX_CHARS } from '../policy/flavour.ts'
import type { Change, Records } from '../store/records.ts'
import { byOperator } from './operator-calls.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import type { UsageOperation } from './usage-dependencies.ts'
import { type Invocation, type Subject, usageOperation } from './usage-operation.ts'
import { invalidToken } from './usage-token.ts'

/** Source: AWS Organizations API Reference, "CreatePolicy", `Type`. */
const TYPES = { SERVICE_CONTROL_POLICY: 'scp', RESOURCE_CONTROL_POLICY: 'rcp' } as const
const TYPE = oneOf('SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY')
/** Source: AWS Organizations API Reference, "CreatePolicy", `Name`. */
const NAME = text({ min: 1, max: 128 })
/** Longer than the id of every root, unit and account. */
const TARGET = text({ min: 1, max: 130 })

type Typed = { readonly PolicyType: keyof typeof TYPES; readonly Name?: string }

/** The policy that a call is about: its resource is of the caller's account, which looks after the organization. */
export function findControlSubject({
  call,
  input,
}: {
  readonly call: Call
  readonly input: Typed
}): Subject<ControlType> {
  const subject = TYPES[input.PolicyType]
  const { account } = call.caller
  return {
    resource: `arn:${PARTITION}:holdfast::${account}:policy/${subject}/${input.Name ?? '*'}`,
    subject,
  }
}

const POLICIES_MAX = 100
/** The name after which a page begins. */
const PAGE = text({ pattern: pattern('[\\w+=,.@-]{1,128}') })
const LIST_INPUT = {
  PolicyType: TYPE,
  MaxResults: optional(integer({ min: 1, max: POLICIES_MAX })),
  NextToken: optional(PAGE),
}
const LISTED = answer({ Name: text(), TargetIds: list(text()) })

/** The control policies of a type, and what they are attached to. */
export const listControlPolicies = usageOperation(
  {
    ...{
      name: 'ListControlPolicies',
      input: LIST_INPUT,
      rate: 'light',
      operatorsOnly: true,
      find: findControlSubject,
    },
    output: { Policies: list(LISTED), NextToken: text() },
  },
  async ({ input, dependencies, subject: type }: Invocation<typeof LIST_INPUT, ControlType>) => {
    const { MaxResults: limit = POLICIES_MAX, NextToken: after = '' } = input
    const rest = (await listControls(dependencies.records, type)).filter(({ name }) => name > after)
    const page = rest.slice(0, limit)
    const Policies = page.map(
      ({ name, targets }): ValueOf<typeof LISTED> => ({ Name: name, TargetIds: targets }),
    )
    return { output: { Policies, NextToken: rest.length > limit ? page.at(-1)?.name : undefined } }
  },
)

/** The members that name a control policy. */
export const CONTROL_NAMED = { PolicyType: TYPE, Name: NAME }
type NamedInvocation = Invocation<typeof CONTROL_NAMED, ControlType>

/** What a control policy says. */
export const getControlPolicy = usageOperation(
  {
    ...{
      name: 'GetControlPolicy',
      input: CONTROL_NAMED,
      rate: 'light',
      operatorsOnly: true,
      find: findControlSubject,
    },
    output: { Name: text(), Content: text(), CreatedTime: instant() },
  },
  async ({ input, dependencies, subject: type }: NamedInvocation) => {
    const stored = await dependencies.records.get(CONTROLS[type].kind, CONTROL_POLICIES, input.Name)
    if (stored === undefined) throw new KmsError('NotFoundException', `Policy ${input.Name} does not exist`)
    const { document, createdAt } = stored.value
    return { output: { Name: stored.name, Content: document, CreatedTime: createdAt / 1000 } }
  },
)

const PUT = {
  ...CONTROL_NAMED,
  Content: text({ min: 1, max: CONTROL_POLICY_MAX_CHARS }),
  ExpectedContent: optional(text({ max: CONTROL_POLICY_MAX_CHARS })),
}

/**
 * Creates a control policy, or replaces the one of that name. `ExpectedContent` is what the caller has read before, and of which it has made
 * the new policy; empty if it has found none.
 */
export const putControlPolicy = usageOperation(
  {
    name: 'PutControlPolicy',
    input: PUT,
    output: {},
    rate: 'light',
    changes: true,
    operatorsOnly: true,
    find: findControlSubject,
    parameters: ({ ExpectedContent: _, ...input }) => input,
  },
  async ({ call, input, dependencies, subject: type }: Invocation<typeof PUT, ControlType>) => {
    const { records } = dependencies
    const stored = await records.get(CONTROLS[type].kind, CONTROL_POLICIES, input.Name)
    checkExpected(input.ExpectedContent, stored?.value.document)
    const clock = { now: () => call.now }
    return {
      changes: await byOperator(() => putControl({ records, clock }, type, input.Name, input.Content)),
    }
  },
)

/** Deletes a control policy that is attached to nothing. */
export const deleteControlPolicy = usageOperation(
  {
    name: 'DeleteControlPolicy',
    input: CONTROL_NAMED,
    output: {},
    rate: 'light',
    changes: true,
    operatorsOnly: true,
    find: findControlSubject,
  },
  async ({ input, dependencies, subject: type }: NamedInvocation) => ({
    changes: await byOperator(() => deleteControl(dependencies.records, type, input.Name)),
  }),
)

const ATTACH = { ...CONTROL_NAMED, TargetId: TARGET }

/** An operation that changes what a control policy is attached to. */
function attachment(
  name: string,
  change: (records: Records, attached: Attachment) => Promise<readonly Change[]>,
): UsageOperation {
  return usageOperation(
    {
      name,
      input: ATTACH,
      output: {},
      rate: 'light',
      changes: true,
      operatorsOnly: true,
      find: findControlSubject,
    },
    async ({ input, dependencies, subject: type }: Invocation<typeof ATTACH, ControlType>) => {
      const attached = { type, name: input.Name, target: input.TargetId }
      return { changes: await byOperator(() => change(dependencies.records, attached)) }
    },
  )
}

/** Makes an account, or all below a unit or the root, subject to a control policy. */
export const attachControlPolicy = attachment('AttachControlPolicy', attachControl)

/** The other way round. */
export const detachControlPolicy = attachment('DetachControlPolicy', detachControl)

const NODE = answer({
  Id: text(),
  Name: text(),
  ParentId: text(),
  ServiceControlPolicies: list(text()),
  ResourceControlPolicies: list(text()),
})

/** Nodes of a page: by default, all of most organizations. */
const NODES_MAX = 100
const DESCRIBE = {
  MaxResults: optional(integer({ min: 1, max: NODES_MAX })),
  NextToken: optional(TARGET),
}

/** The organization, as far as the caller's account may know it: a member knows which it is in. Empty where there is none. */
export const describeOrganization = usageOperation(
  {
    ...{ name: 'DescribeOrganization', input: DESCRIBE, rate: 'light' },
    output: {
      OrganizationId: text(),
      ManagementAccountId: text(),
      RootId: text(),
      Nodes: list(NODE),
      NextToken: text(),
    },
    find: async ({ call, dependencies }) => ({
      resource: '*',
      subject: await seesEveryAccount(dependencies, call.caller),
    }),
  },
  async ({ call, input, dependencies, subject: everything }: Invocation<typeof DESCRIBE, boolean>) => {
    const { records } = dependencies
    const organization = (await findOrganization(records))?.value
    const own = await records.get(ACCOUNT, ACCOUNTS, call.caller.account)
    if (organization === undefined || (!everything && own?.value.parent === undefined)) return { output: {} }
    const { id, management, root, units } = organization
    const known = { OrganizationId: id, ManagementAccountId: management }
    if (!everything) return { output: known }
    const nodes = [
      { Id: root, ...policiesOf(organization) },
      ...units.map((unit) => ({ Id: unit.id, Name: unit.name, ParentId: unit.parent, ...policiesOf(unit) })),
    ]
    const { MaxResults: limit = NODES_MAX, NextToken: after } = input
    const from = after === undefined ? 0 : nodes.findIndex(({ Id }) => Id === after) + 1
    // The unit after which the page begins is gone.
    if (after !== undefined && from === 0) throw invalidToken()
    const Nodes = nodes.slice(from, from + limit)
    const NextToken = nodes.length > from + limit ? Nodes.at(-1)?.Id : undefined
    return { output: { ...known, RootId: root, Nodes, NextToken } }
  },
)

function policiesOf(target: ControlTarget) {
  return {
    ServiceControlPolicies: attachedTo(target, 'scp'),
    ResourceControlPolicies: attachedTo(target, 'rcp'),
  }
}
