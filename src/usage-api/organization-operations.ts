import { PARTITION } from '../api/arn.ts'
import { optional, pattern, text } from '../api/shapes.ts'
import type { AccountDependencies } from '../iam/accounts/account.ts'
import {
  moveAccount as movedAccount,
  createOrganization as newOrganization,
  createUnit as newUnit,
  deleteUnit as removedUnit,
  renameUnit as renamedUnit,
} from '../iam/organization/organization.ts'
import { ACCOUNT_ID } from './asked-account.ts'
import { byOperator } from './operator-calls.ts'
import type { UsageDependencies } from './usage-dependencies.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'

/** Source: AWS Organizations API Reference, "OrganizationalUnit": the ID of a root or unit, and the name of a unit. */
const PARENT_ID = text({
  max: 100,
  pattern: pattern('(r-[0-9a-z]{4,32})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})'),
})
const UNIT_ID = text({ max: 68, pattern: pattern('ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}') })
const UNIT_NAME = text({ min: 1, max: 128 })

/** What these operations have in common. */
const WRITE = { rate: 'light', changes: true, operatorsOnly: true } as const

type Nothing = Readonly<Record<never, never>>

/** Makes the caller's account the management account of an organization with all accounts. It answers the one that is there. */
export const createOrganization = usageOperation(
  {
    ...{ name: 'CreateOrganization', input: {}, ...WRITE },
    output: { OrganizationId: text(), RootId: text(), ManagementAccountId: text() },
    find: () => ({ resource: arnOf('organization'), subject: null }),
  },
  async ({ call, dependencies }: Invocation<Nothing, null>) => {
    const { account } = call.caller
    const { value, changes } = await byOperator(() => newOrganization(needsOf(dependencies), account))
    const { id: OrganizationId, root: RootId, management: ManagementAccountId } = value
    return {
      output: { OrganizationId, RootId, ManagementAccountId },
      changes,
      event: { response: { organizationId: OrganizationId } },
    }
  },
)

const CREATE_UNIT = { Name: UNIT_NAME, ParentId: optional(PARENT_ID) }

/** Creates a unit in the root or in another unit; answers the one of that name that is there. */
export const createOrganizationalUnit = usageOperation(
  {
    ...{ name: 'CreateOrganizationalUnit', input: CREATE_UNIT, output: { Id: text() }, ...WRITE },
    find: ({ input }: Pick<Invocation<typeof CREATE_UNIT, null>, 'input'>) => ({
      resource: arnOf(`unit/${input.ParentId ?? '*'}`),
      subject: null,
    }),
  },
  async ({ input, dependencies }: Invocation<typeof CREATE_UNIT, null>) => {
    const { id, changes } = await byOperator(() => newUnit(needsOf(dependencies), input.Name, input.ParentId))
    return { output: { Id: id }, changes, event: { response: { id } } }
  },
)

const UPDATE_UNIT = { OrganizationalUnitId: UNIT_ID, Name: UNIT_NAME }

/** Gives a unit another name. */
export const updateOrganizationalUnit = usageOperation(
  {
    ...{ name: 'UpdateOrganizationalUnit', input: UPDATE_UNIT, output: {}, ...WRITE },
    find: findUnit,
  },
  async ({ input, dependencies }: Invocation<typeof UPDATE_UNIT, null>) => {
    const { OrganizationalUnitId: id, Name: name } = input
    return { changes: await byOperator(() => renamedUnit(dependencies.records, id, name)) }
  },
)

const DELETE_UNIT = { OrganizationalUnitId: UNIT_ID }

/** Deletes a unit with neither accounts nor units. */
export const deleteOrganizationalUnit = usageOperation(
  {
    ...{ name: 'DeleteOrganizationalUnit', input: DELETE_UNIT, output: {}, ...WRITE },
    find: findUnit,
  },
  async ({ input, dependencies }: Invocation<typeof DELETE_UNIT, null>) => ({
    changes: await byOperator(() => removedUnit(dependencies.records, input.OrganizationalUnitId)),
  }),
)

const MOVE = { AccountId: ACCOUNT_ID, DestinationParentId: PARENT_ID }

/** Moves an account to the root or a unit, also one that is in no organization yet. */
export const moveAccount = usageOperation(
  {
    ...{ name: 'MoveAccount', input: MOVE, output: {}, ...WRITE },
    find: ({ input }: Pick<Invocation<typeof MOVE, null>, 'input'>) => ({
      resource: arnOf(`account/${input.AccountId}`),
      subject: null,
    }),
  },
  async ({ input, dependencies }: Invocation<typeof MOVE, null>) => {
    const { AccountId, DestinationParentId: to } = input
    return { changes: await byOperator(() => movedAccount(dependencies.records, AccountId, to)) }
  },
)

function findUnit({ input }: { readonly input: { readonly OrganizationalUnitId: string } }) {
  return { resource: arnOf(`unit/${input.OrganizationalUnitId}`), subject: null }
}

function arnOf(resource: string): string {
  return `arn:${PARTITION}:holdfast:::${resource}`
}

function needsOf({ records, clock, random }: UsageDependencies): AccountDependencies {
  return { records, clock, random }
}
