import { type Change, insert, type Records, remove, replace, type Stored } from '../../store/records.ts'
import type { AccountDependencies, AccountValue } from '../accounts/account.ts'
import { listAccounts, needAccount } from '../accounts/accounts.ts'
import { OperatorError } from '../accounts/operator-error.ts'
import { type ControlTarget, isOpen } from './control-policies.ts'
import {
  chainTo,
  findOrganization,
  newOrganizationIds,
  newUnitId,
  ORGANIZATION,
  ORGANIZATION_PLACE,
  type OrganizationValue,
  UNIT_LEVELS_MAX,
  type Unit,
} from './organization-record.ts'

/** Units of an organization: a bound of Holdfast's, as they share a record. AWS's is 2,000. */
const UNITS_MAX = 1000

const UNIT_NAME = /^[\w+=,.@ -]{1,128}$/

/** The changes that make the organization, with every account in its root. */
export type NewOrganization = { readonly value: OrganizationValue; readonly changes: readonly Change[] }

/**
 * The changes that make the organization; none when one with this management account exists.
 *
 * @throws OperatorError when another exists, or service control policies would no longer bind an account.
 */
export async function createOrganization(
  { records, clock, random }: AccountDependencies,
  management: string,
): Promise<NewOrganization> {
  const present = await findOrganization(records)
  if (present?.value.management === management) return { value: present.value, changes: [] }
  if (present !== undefined) {
    const { id, management: other } = present.value
    throw new OperatorError(`there is an organization already: ${id}, with the management account ${other}`)
  }
  if (!isOpen((await needAccount(records, management)).value, 'scp')) {
    throw new OperatorError(
      `service control policies do not bind a management account: detach those of ${management} first`,
    )
  }
  const { id, root } = newOrganizationIds(random)
  const value: OrganizationValue = { format: 1, id, root, management, createdAt: clock.now(), units: [] }
  const accounts = await listAccounts(records)
  return {
    value,
    changes: [
      insert(ORGANIZATION, ...ORGANIZATION_PLACE, value),
      ...accounts.map((account) => replace(account, { ...account.value, parent: root })),
    ],
  }
}

/**
 * The changes that delete the organization: accounts keep their service control policies. @throws
 * OperatorError.
 */
export async function deleteOrganization(records: Records): Promise<readonly Change[]> {
  const organization = await needOrganization(records)
  const { value } = organization
  if (value.units.length > 0) throw new OperatorError(`the organization has units: delete them first`)
  checkOpen(value.root, value)
  const members = (await listAccounts(records)).filter(({ value: account }) => account.parent !== undefined)
  return [remove(organization), ...members.map((account) => replace(account, left(account)))]
}

/** The changes that take an account out of the organization. @throws OperatorError. */
export async function removeAccount(records: Records, account: string): Promise<readonly Change[]> {
  const organization = await needOrganization(records)
  const stored = await needAccount(records, account)
  if (organization.value.management === account) {
    throw new OperatorError(`${account} is the management account`)
  }
  if (stored.value.parent === undefined) throw new OperatorError(`${account} is in no organization`)
  return [replace(stored, left(stored)), replace(organization, organization.value)]
}

/**
 * An account outside of the organization. @throws OperatorError while it has policies that only members can
 * have.
 */
function left({ name, value }: Stored<AccountValue>): AccountValue {
  if (!isOpen(value, 'rcp')) {
    throw new OperatorError(`${name} has resource control policies: detach them first`)
  }
  const { parent: _, ...rest } = value
  return rest
}

function checkOpen(id: string, target: ControlTarget): void {
  if (isOpen(target, 'scp') && isOpen(target, 'rcp')) return
  throw new OperatorError(`${id} has control policies: leave it those that allow everything first`)
}

/** A unit, and the changes that make it; none when its parent has one of that name. */
export type NewUnit = { readonly id: string; readonly changes: readonly Change[] }

/**
 * The changes that make a unit. @param parent the id of a unit; without it, the root. @throws OperatorError.
 */
export async function createUnit(
  { records, clock, random }: AccountDependencies,
  name: string,
  parent: string | undefined,
): Promise<NewUnit> {
  const organization = await needOrganization(records)
  const { value } = organization
  const { root, units } = value
  const above = parent ?? root
  const chain = needChain(value, above)
  const present = units.find((one) => one.parent === above && one.name === name)
  if (present !== undefined) return { id: present.id, changes: [] }
  checkUnitName(name)
  if (chain.length > UNIT_LEVELS_MAX) {
    throw new OperatorError(`units are at most ${UNIT_LEVELS_MAX} levels deep`)
  }
  if (units.length >= UNITS_MAX) throw new OperatorError(`an organization has at most ${UNITS_MAX} units`)
  const unit: Unit = { id: newUnitId(random, root), name, parent: above, createdAt: clock.now() }
  return { id: unit.id, changes: [replace(organization, { ...value, units: [...units, unit] })] }
}

/** The changes that give a unit another name. @throws OperatorError. */
export async function renameUnit(records: Records, id: string, name: string): Promise<readonly Change[]> {
  const organization = await needOrganization(records)
  const { value } = organization
  const unit = needUnit(value, id)
  checkUnitName(name)
  const taken = value.units.find((one) => one.parent === unit.parent && one.name === name)
  if (taken !== undefined && taken !== unit) throw new OperatorError(`${taken.id} has the name ${name}`)
  if (unit.name === name) return []
  const units = value.units.map((one) => (one === unit ? { ...unit, name } : one))
  return [replace(organization, { ...value, units })]
}

/** The changes that delete an empty unit. @throws OperatorError. */
export async function deleteUnit(records: Records, id: string): Promise<readonly Change[]> {
  const organization = await needOrganization(records)
  const { value } = organization
  const unit = needUnit(value, id)
  const inside = [
    ...value.units.filter(({ parent }) => parent === id).map((one) => one.id),
    ...(await listAccounts(records)).filter((account) => account.value.parent === id).map(({ name }) => name),
  ]
  if (inside.length > 0) throw new OperatorError(`${id} is not empty: ${inside.join(', ')}`)
  return [replace(organization, { ...value, units: value.units.filter((one) => one !== unit) })]
}

/**
 * The changes that move an account, of any organization or none, into a unit or the root; none when it is
 * there.
 *
 * @throws OperatorError.
 */
export async function moveAccount(records: Records, account: string, to: string): Promise<readonly Change[]> {
  const organization = await needOrganization(records)
  needChain(organization.value, to)
  const stored = await needAccount(records, account)
  if (stored.value.parent === to) return []
  // Writes the tree again, so that a concurrent deletion of the unit conflicts.
  return [replace(stored, { ...stored.value, parent: to }), replace(organization, organization.value)]
}

/** The organization and its accounts. @throws OperatorError. */
export async function showOrganization(
  records: Records,
): Promise<{ readonly value: OrganizationValue; readonly accounts: readonly Stored<AccountValue>[] }> {
  const { value } = await needOrganization(records)
  return { value, accounts: await listAccounts(records) }
}

async function needOrganization(records: Records): Promise<Stored<OrganizationValue>> {
  const organization = await findOrganization(records)
  if (organization === undefined) throw new OperatorError('there is no organization')
  return organization
}

function needUnit({ units }: OrganizationValue, id: string): Unit {
  const unit = units.find((one) => one.id === id)
  if (unit === undefined) throw new OperatorError(`there is no unit ${id}`)
  return unit
}

function needChain(organization: OrganizationValue, id: string): readonly object[] {
  const chain = chainTo(organization, id)
  if (chain === undefined) throw new OperatorError(`there is no root or unit ${id}`)
  return chain
}

function checkUnitName(name: string): void {
  if (!UNIT_NAME.test(name)) throw new OperatorError(`'${name}' cannot be the name of a unit`)
}
