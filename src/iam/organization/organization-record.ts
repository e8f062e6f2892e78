import type { Random } from '../../base/ports.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind, Records, Stored } from '../../store/records.ts'
import type { ControlTarget } from './control-policies.ts'

/** An organizational unit. */
export type Unit = ControlTarget & {
  /** `ou-…`. */
  readonly id: string
  readonly name: string
  /** The id of the root or of another unit. */
  readonly parent: string
  readonly createdAt: number
}

/**
 * The organization of a deployment: its tree except the accounts, whose own records name their parents. It
 * has the policies of the root. Partition and name: {@link ORGANIZATION_PLACE}.
 */
export type OrganizationValue = ControlTarget & {
  readonly format: 1
  /** `o-…`. */
  readonly id: string
  /** `r-…`. */
  readonly root: string
  /** The account that no control policy binds. */
  readonly management: string
  readonly createdAt: number
  readonly units: readonly Unit[]
}

/** The kind of organizations, of which a deployment has at most one. */
export const ORGANIZATION: Kind<OrganizationValue> = kindOfFormat1('organization')

/** Partition and name of the one organization. */
export const ORGANIZATION_PLACE = ['all', 'all'] as const

/** The organization of the deployment, if there is one. */
export function findOrganization(records: Records): Promise<Stored<OrganizationValue> | undefined> {
  return records.get(ORGANIZATION, ...ORGANIZATION_PLACE)
}

/** Levels of units. Source: AWS Organizations User Guide, "Quotas". */
export const UNIT_LEVELS_MAX = 5

const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789'
/** Of organizations and roots, and of the last part of units. Source: AWS Organizations API Reference, their patterns. */
const ORGANIZATION_DIGITS = 10
const ROOT_DIGITS = 4
const UNIT_DIGITS = 8

/** New ids of an organization and its root. */
export function newOrganizationIds(random: Random): { readonly id: string; readonly root: string } {
  return { id: `o-${digits(random, ORGANIZATION_DIGITS)}`, root: `r-${digits(random, ROOT_DIGITS)}` }
}

/** A new id of a unit, which contains that of its root. */
export function newUnitId(random: Random, root: string): string {
  return `ou-${root.slice('r-'.length)}-${digits(random, UNIT_DIGITS)}`
}

function digits(random: Random, count: number): string {
  return [...random.bytes(count)].map((byte) => DIGITS[byte % DIGITS.length]).join('')
}

/** The way from the root to a parent of accounts, the root first; nothing for an unknown id. */
export function chainTo(
  organization: OrganizationValue,
  parent: string,
): readonly (Unit | OrganizationValue)[] | undefined {
  const chain: (Unit | OrganizationValue)[] = []
  let id = parent
  while (id !== organization.root) {
    const unit = organization.units.find((one) => one.id === id)
    if (unit === undefined || chain.length >= UNIT_LEVELS_MAX) return undefined
    chain.unshift(unit)
    id = unit.parent
  }
  return [organization, ...chain]
}

/** The path of an entity: `o-…/r-…/ou-…/`. Source: IAM User Guide, "Understand the AWS Organizations entity path". */
export function pathOf(
  organization: OrganizationValue,
  chain: readonly (Unit | OrganizationValue)[],
): string {
  const units = chain.slice(1).map(({ id }) => id)
  return [organization.id, organization.root, ...units, ''].join('/')
}
