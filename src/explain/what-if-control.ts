import { parseArn } from '../api/arn.ts'
import { listAccounts } from '../iam/accounts/accounts.ts'
import {
  attachedTo,
  CONTROL_POLICIES,
  CONTROLS,
  type ControlPolicyValue,
  type ControlType,
} from '../iam/organization/control-policies.ts'
import { chainTo, findOrganization } from '../iam/organization/organization-record.ts'
import type { Records, Stored } from '../store/records.ts'
import { type RebuildDependencies, rebuildCall } from './rebuild.ts'
import { type RecordedEvent, resourcesOf } from './recorded-event.ts'
import { type Trial, tryPolicy, type WhatIf } from './what-if.ts'
import { withRecord } from './what-if-identity.ts'

/** A control policy, and another text of it; without a stored one, it binds nobody. */
export type ControlQuestion = Pick<Trial, 'fromSecond' | 'toSecond' | 'page'> & {
  readonly type: ControlType
  readonly name: string
  readonly stored: Stored<ControlPolicyValue> | undefined
  readonly text: string
}

/**
 * Decides the recorded calls of the accounts that a control policy binds twice, in all regions: with its stored text, and with another one.
 * A policy that is attached to nothing changes nothing.
 */
export async function whatIfControl(
  dependencies: RebuildDependencies,
  { type, name, stored, text, ...wanted }: ControlQuestion,
): Promise<WhatIf> {
  const { records } = dependencies
  const bound = stored === undefined ? new Set<string>() : await boundAccounts(records, type, name)
  const changed = stored && { ...stored, value: { ...stored.value, document: text } }
  const tried = { ...dependencies, records: changed === undefined ? records : withRecord(records, changed) }
  return tryPolicy(dependencies, {
    ...wanted,
    attribute: undefined,
    // A resource control policy also binds the calls of other accounts.
    covers: ({ account }) => (type === 'scp' ? bound.has(account) : bound.size > 0),
    concerns: (event) => accountsOf(type, event).some((account) => bound.has(account)),
    otherwise: async (_, event) => {
      const rebuilt = await rebuildCall(tried, event)
      return 'because' in rebuilt ? rebuilt : { ...rebuilt, records: tried.records }
    },
  })
}

/** The accounts with a control policy at any of their levels. No policy binds the management account. */
async function boundAccounts(
  records: Records,
  type: ControlType,
  name: string,
): Promise<ReadonlySet<string>> {
  const organization = (await findOrganization(records))?.value
  const bound = new Set<string>()
  for (const account of await listAccounts(records)) {
    const { parent } = account.value
    if (organization?.management === account.name) continue
    const chain = organization === undefined || parent === undefined ? [] : chainTo(organization, parent)
    const levels = [...(chain ?? []), account.value]
    if (levels.some((target) => attachedTo(target, type).includes(name))) bound.add(account.name)
  }
  return bound
}

/** The accounts whose control policies of a type can decide a call. */
function accountsOf(type: ControlType, event: RecordedEvent): readonly string[] {
  const own = [event.recipientAccountId ?? '', event.userIdentity?.accountId ?? '']
  if (type === 'scp') return own
  return [...own, ...resourcesOf(event).map((arn) => parseArn(arn)?.account ?? '')]
}

/** The stored control policy of a name. */
export function findControl(
  records: Records,
  type: ControlType,
  name: string,
): Promise<Stored<ControlPolicyValue> | undefined> {
  return records.get(CONTROLS[type].kind, CONTROL_POLICIES, name)
}
