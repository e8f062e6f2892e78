import type { Clock } from '../../base/ports.ts'
import { CONTROL_POLICY_MAX_CHARS } from '../../policy/flavour.ts'
import { parseNewPolicy } from '../../policy/new-policy.ts'
import { type Change, insert, type Records, remove, replace, type Stored } from '../../store/records.ts'
import type { AccountDependencies } from '../accounts/account.ts'
import { listAccounts, needAccount } from '../accounts/accounts.ts'
import { OperatorError } from '../accounts/operator-error.ts'
import { readAll } from '../iam-records.ts'
import {
  attachedTo,
  CONTROL_POLICIES,
  CONTROLS,
  type ControlPolicyValue,
  type ControlTarget,
  type ControlType,
} from './control-policies.ts'
import { findOrganization, type OrganizationValue } from './organization-record.ts'

/**
 * The most policies of one type on one root, unit or account, including the one that allows everything.
 * Source: AWS Organizations User Guide, "Quotas".
 */
const ATTACHED_MAX = 5

const NAME = /^[\w+=,.@-]{1,128}$/

/** A control policy: its name, and the ids of the roots, units and accounts that have it. */
export type ListedControl = { readonly name: string; readonly targets: readonly string[] }

/** All control policies of a type, in the order of their names. */
export async function listControls(records: Records, type: ControlType): Promise<readonly ListedControl[]> {
  const { kind, fullAccess } = CONTROLS[type]
  const targets = await allTargets(records)
  const names = [fullAccess, ...(await readAll(records, kind, CONTROL_POLICIES)).map(({ name }) => name)]
  return names.sort().map((name) => ({
    name,
    targets: targets.filter(({ value }) => attachedTo(value, type).includes(name)).map(({ id }) => id),
  }))
}

async function allTargets(
  records: Records,
): Promise<readonly { readonly id: string; readonly value: ControlTarget }[]> {
  const organization = (await findOrganization(records))?.value
  return [
    ...(organization === undefined ? [] : [{ id: organization.root, value: organization }]),
    ...(organization?.units ?? []).map((unit) => ({ id: unit.id, value: unit })),
    ...(await listAccounts(records)).map(({ name: id, value }) => ({ id, value })),
  ]
}

/**
 * The change that puts a control policy; it replaces one with the same name.
 *
 * @throws OperatorError, PolicySyntaxError.
 */
export async function putControl(
  { records, clock }: Pick<AccountDependencies, 'records'> & { readonly clock: Pick<Clock, 'now'> },
  type: ControlType,
  name: string,
  document: string,
): Promise<readonly Change[]> {
  const { kind, title, fullAccess } = CONTROLS[type]
  if (!NAME.test(name) || name === fullAccess) {
    throw new OperatorError(`'${name}' cannot be the name of a ${title} of yours`)
  }
  if (document.length > CONTROL_POLICY_MAX_CHARS) {
    throw new OperatorError(`a ${title} has at most ${CONTROL_POLICY_MAX_CHARS} characters`)
  }
  checkDocument(type, document)
  const value = { format: 1, document, createdAt: clock.now() } as const
  const present = await records.get(kind, CONTROL_POLICIES, name)
  if (present?.value.document === document) return []
  return [present === undefined ? insert(kind, CONTROL_POLICIES, name, value) : replace(present, value)]
}

/**
 * Checks the text of a control policy. Source: AWS Organizations User Guide, "RCP syntax": only the built-in policy allows.
 *
 * @throws OperatorError, PolicySyntaxError.
 */
export function checkDocument(type: ControlType, document: string): void {
  const { statements } = parseNewPolicy(document, { flavour: type })
  if (type === 'scp') return
  const wrong = statements.findIndex(({ effect, actions }) => effect === 'Allow' || actions?.negated === true)
  if (wrong < 0) return
  throw new OperatorError(
    `statement ${wrong + 1} allows or has NotAction: a resource control policy denies actions that it names`,
  )
}

/** The change that deletes a control policy. @throws OperatorError while something has it. */
export async function deleteControl(
  records: Records,
  type: ControlType,
  name: string,
): Promise<readonly Change[]> {
  const present = await records.get(CONTROLS[type].kind, CONTROL_POLICIES, name)
  if (present === undefined) throw noSuchControl(type, name)
  const { targets = [] } = (await listControls(records, type)).find((one) => one.name === name) ?? {}
  if (targets.length > 0) throw new OperatorError(`${name} is attached to ${targets.join(', ')}`)
  return [remove(present)]
}

/** A control policy, and the root, unit or account that has it. */
export type Attachment = { readonly type: ControlType; readonly name: string; readonly target: string }

/** The changes that attach a control policy; none when it is attached. @throws OperatorError. */
export async function attachControl(
  records: Records,
  { type, name, target: id }: Attachment,
): Promise<readonly Change[]> {
  const { kind, title, fullAccess } = CONTROLS[type]
  const target = await findTarget(records, type, id)
  const policy = name === fullAccess ? undefined : await records.get(kind, CONTROL_POLICIES, name)
  if (policy === undefined && name !== fullAccess) throw noSuchControl(type, name)
  const present = attachedTo(target.value, type)
  if (present.includes(name)) return []
  const names = [...present, name]
  if (names.length > ATTACHED_MAX) throw new OperatorError(`${id} has at most ${ATTACHED_MAX} ${title}s`)
  return [target.change(withNames(type, names)), ...kept(policy)]
}

/** Writes the policy again, so that a concurrent deletion conflicts. */
function kept(policy: Stored<ControlPolicyValue> | undefined): readonly Change[] {
  return policy === undefined ? [] : [replace(policy, policy.value)]
}

/** The changes that detach a control policy. @throws OperatorError. */
export async function detachControl(
  records: Records,
  { type, name, target: id }: Attachment,
): Promise<readonly Change[]> {
  const { title, fullAccess, detachable } = CONTROLS[type]
  const target = await findTarget(records, type, id)
  const present = attachedTo(target.value, type)
  if (!present.includes(name)) throw new OperatorError(`${name} is not attached to ${id}`)
  if (name === fullAccess && !detachable) throw new OperatorError(`${name} is attached to everything`)
  if (present.length === 1) {
    throw new OperatorError(`${id} has at least one ${title}: attach another first`)
  }
  const names = present.filter((other) => other !== name)
  return [target.change(withNames(type, names))]
}

function withNames(type: ControlType, names: readonly string[]): ControlTarget {
  return type === 'scp' ? { scps: names } : { rcps: names.filter((name) => name !== CONTROLS.rcp.fullAccess) }
}

/** The target of policies, and how to change it. */
type Target = { readonly value: ControlTarget; readonly change: (attached: ControlTarget) => Change }

/** @throws OperatorError when no such root, unit or account exists, or no policy binds it. */
async function findTarget(records: Records, type: ControlType, id: string): Promise<Target> {
  const organization = await findOrganization(records)
  if (/^[0-9]/.test(id)) return accountTarget(records, type, id, organization?.value)
  if (organization === undefined) throw new OperatorError(`there is no organization`)
  const { value } = organization
  if (id === value.root) {
    return { value, change: (attached) => replace(organization, { ...value, ...attached }) }
  }
  const unit = value.units.find((one) => one.id === id)
  if (unit === undefined) throw new OperatorError(`there is no root or unit ${id}`)
  const changed = (attached: ControlTarget): OrganizationValue => ({
    ...value,
    units: value.units.map((one) => (one === unit ? { ...unit, ...attached } : one)),
  })
  return { value: unit, change: (attached) => replace(organization, changed(attached)) }
}

async function accountTarget(
  records: Records,
  type: ControlType,
  id: string,
  organization: OrganizationValue | undefined,
): Promise<Target> {
  const account = await needAccount(records, id)
  if (organization?.management === id) {
    throw new OperatorError(`${id} is the management account, which no control policy binds`)
  }
  if (type === 'rcp' && account.value.parent === undefined) {
    throw new OperatorError(`${id} is in no organization: resource control policies are for those that are`)
  }
  return { value: account.value, change: (attached) => replace(account, { ...account.value, ...attached }) }
}

function noSuchControl(type: ControlType, name: string): OperatorError {
  return new OperatorError(`there is no ${CONTROLS[type].title} ${name}`)
}
