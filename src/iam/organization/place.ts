import type { AccountPlace } from '../../dispatch/caller.ts'
import type { CompiledPolicy } from '../../policy/compile.ts'
import type { Levels } from '../../policy/decide.ts'
import type { Records } from '../../store/records.ts'
import { ACCOUNT, ACCOUNTS } from '../accounts/account.ts'
import { isCurrent, noting, type Reader, type Seen } from '../policies/seen.ts'
import {
  attachedTo,
  CONTROL_POLICIES,
  CONTROLS,
  type ControlTarget,
  type ControlType,
  controlPolicy,
  fullAccessPolicy,
  isOpen,
} from './control-policies.ts'
import { chainTo, findOrganization, ORGANIZATION, ORGANIZATION_PLACE, pathOf } from './organization-record.ts'

type Loaded = { readonly place: AccountPlace; readonly seen: readonly Seen[] }

/** Accounts whose place is cached; beyond it the cache is cleared. */
const REMEMBERED_MAX = 10_000

const PLACES = new WeakMap<Records, Map<string, Loaded>>()

/**
 * An account's place in the organization, and the policies that bind it; synchronously when the cache has
 * them. The same object until one of its records changes.
 */
export function placeNow(records: Records, account: string): AccountPlace | Promise<AccountPlace> {
  const known = placesOf(records).get(account)
  if (known?.seen.every((seen) => isCurrent(records, seen))) return known.place
  return load(records, account)
}

function placesOf(records: Records): Map<string, Loaded> {
  const present = PLACES.get(records)
  if (present !== undefined) return present
  const places = new Map<string, Loaded>()
  PLACES.set(records, places)
  return places
}

async function load(records: Records, account: string): Promise<AccountPlace> {
  const seen: Seen[] = []
  const place = await findPlace(noting(records, seen), account)
  const places = placesOf(records)
  if (places.size >= REMEMBERED_MAX) places.clear()
  places.set(account, { place, seen })
  return place
}

const NOWHERE: AccountPlace = {}
/** One level that nothing allows: of an account whose parent does not exist. */
const CLOSED: Levels = [[]]

async function findPlace(reader: Reader, account: string): Promise<AccountPlace> {
  const record = await reader(ACCOUNT, ACCOUNTS, account)
  if (record === undefined) return NOWHERE
  const { value } = record
  const { parent } = value
  if (parent === undefined) return withLevel('scps', await levelsOf(reader, 'scp', [value]))
  const organization = await reader(ORGANIZATION, ...ORGANIZATION_PLACE)
  const chain = organization && chainTo(organization.value, parent)
  if (organization === undefined || chain === undefined) return { scps: CLOSED, rcps: CLOSED }
  const path = pathOf(organization.value, chain)
  const where = { organizationId: organization.value.id, paths: [path] }
  if (organization.value.management === account) return where
  const targets = [...chain, value]
  return {
    ...where,
    ...withLevel('scps', await levelsOf(reader, 'scp', targets)),
    ...withLevel('rcps', await levelsOf(reader, 'rcp', targets)),
  }
}

/** The targets of the control policies at each level of an account, the root of its organization first. */
export async function levelTargets(records: Records, account: string): Promise<readonly string[]> {
  const parent = (await records.get(ACCOUNT, ACCOUNTS, account))?.value.parent
  const organization = parent === undefined ? undefined : await findOrganization(records)
  const chain = organization && parent !== undefined ? chainTo(organization.value, parent) : undefined
  const [, ...units] = chain ?? []
  return [
    ...(organization === undefined || chain === undefined ? [] : [`root ${organization.value.root}`]),
    ...units.map((unit) => `unit ${unit.id}${'name' in unit ? ` (${unit.name})` : ''}`),
    `account ${account}`,
  ]
}

function withLevel(name: 'scps' | 'rcps', levels: Levels | undefined): AccountPlace {
  return levels === undefined ? {} : { [name]: levels }
}

/** The policies of each target; none when all of them are open. A missing policy leaves its level closed. */
async function levelsOf(
  reader: Reader,
  type: ControlType,
  targets: readonly ControlTarget[],
): Promise<Levels | undefined> {
  if (targets.every((target) => isOpen(target, type))) return undefined
  const levels: (readonly CompiledPolicy[])[] = []
  for (const target of targets) levels.push(await policiesOf(reader, type, attachedTo(target, type)))
  return levels
}

async function policiesOf(
  reader: Reader,
  type: ControlType,
  names: readonly string[],
): Promise<readonly CompiledPolicy[]> {
  const policies: CompiledPolicy[] = []
  for (const name of names) {
    if (name === CONTROLS[type].fullAccess) {
      policies.push(fullAccessPolicy(type))
      continue
    }
    const stored = await reader(CONTROLS[type].kind, CONTROL_POLICIES, name)
    if (stored === undefined) return []
    policies.push(controlPolicy(type, name, stored.value))
  }
  return policies
}
