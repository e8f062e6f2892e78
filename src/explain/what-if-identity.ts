import { findByName, GROUPS, ROLES, USERS } from '../iam/entities/entities.ts'
import { type EntityValue, GROUP, type InlinePolicy, POLICY, ROLE, read, USER } from '../iam/iam-records.ts'
import type { Records, Stored } from '../store/records.ts'
import { type RebuildDependencies, rebuildCall } from './rebuild.ts'
import type { RecordedEvent } from './recorded-event.ts'
import { type Trial, tryPolicy, type WhatIf } from './what-if.ts'

/** A policy of identities: the default version of a managed policy, or an inline policy of a user, group or role. */
export type IdentityPolicy =
  | { readonly kind: 'managed'; readonly arn: string; readonly name: string }
  | { readonly kind: 'user' | 'group' | 'role'; readonly name: string; readonly policyName: string }

/** What {@link findIdentityPolicy} finds: who has the policy, and the records with another text of it. */
export type TriedPolicy = {
  readonly account: string
  /** Whether a user or role has the policy, itself or by a group. */
  readonly isHeldBy: (id: string, entity: EntityValue) => boolean | Promise<boolean>
  readonly withText: (text: string) => Records
  /** The user whose own policy it is: its calls are found by its name. */
  readonly userName: string | undefined
}

/** Finds a policy; an inline policy need not exist yet. Nothing if the one who has it, or the managed policy, does not exist. */
export async function findIdentityPolicy(
  records: Records,
  account: string,
  policy: IdentityPolicy,
): Promise<TriedPolicy | undefined> {
  switch (policy.kind) {
    case 'managed':
      return findManaged(records, account, policy)
    case 'user': {
      const user = await findByName(records, USERS, account, policy.name)
      return user && { ...inlineOf(records, account, user, policy.policyName), userName: user.value.name }
    }
    case 'role': {
      const role = await findByName(records, ROLES, account, policy.name)
      return role && inlineOf(records, account, role, policy.policyName)
    }
    case 'group': {
      const group = await findByName(records, GROUPS, account, policy.name)
      if (group === undefined) return undefined
      const { id } = group.value
      return {
        ...inlineOf(records, account, group, policy.policyName),
        isHeldBy: (_, entity) => groupsOf(entity).includes(id),
      }
    }
  }
}

async function findManaged(
  records: Records,
  account: string,
  { arn, name }: { readonly arn: string; readonly name: string },
): Promise<TriedPolicy | undefined> {
  const found = await read(records, POLICY, account, name.toLowerCase())
  if (found === undefined) return undefined
  const has = ({ attached, boundary }: EntityValue): boolean => attached.includes(arn) || boundary === arn
  return {
    account,
    isHeldBy: async (_, entity) => {
      if (has(entity)) return true
      for (const groupId of groupsOf(entity)) {
        const group = await read(records, GROUP, account, groupId)
        if (group !== undefined && has(group.value)) return true
      }
      return false
    },
    withText: (document) => withRecord(records, { ...found, value: { ...found.value, document } }),
    userName: undefined,
  }
}

function inlineOf<V extends EntityValue>(
  records: Records,
  account: string,
  holder: Stored<V>,
  policyName: string,
): TriedPolicy {
  const { id } = holder.value
  return {
    account,
    isHeldBy: (one) => one === id,
    withText: (document) => {
      const inline = withInline(holder.value.inline, { name: policyName, document })
      return withRecord(records, { ...holder, value: { ...holder.value, inline } })
    },
    userName: undefined,
  }
}

function withInline(all: readonly InlinePolicy[], one: InlinePolicy): readonly InlinePolicy[] {
  const others = all.filter(({ name }) => name !== one.name)
  return [...others, one]
}

function groupsOf(entity: EntityValue): readonly string[] {
  return 'groups' in entity && Array.isArray(entity.groups) ? entity.groups : []
}

/** The same records, with another value of one of them. */
export function withRecord<W extends object>(records: Records, changed: Stored<W>): Records {
  const isChanged = (asked: { readonly name: string }, partition: string, name: string): boolean =>
    asked.name === changed.kind && partition === changed.partition && name === changed.name
  return {
    ...records,
    get: async (kind, partition, name) =>
      isChanged(kind, partition, name)
        ? { ...changed, value: kind.parse(changed.value) }
        : records.get(kind, partition, name),
    peek: (kind, partition, name) =>
      isChanged(kind, partition, name)
        ? { ...changed, value: kind.parse(changed.value) }
        : records.peek(kind, partition, name),
  }
}

/** What is tried, and the calls to decide again. */
export type IdentityQuestion = Pick<Trial, 'fromSecond' | 'toSecond' | 'onlyFor' | 'page'> & {
  readonly policy: TriedPolicy
  readonly text: string
}

/** The maximum number of remembered principals; they are forgotten when there are more. */
const PRINCIPALS_MAX = 10_000

/**
 * Decides the recorded calls of everybody who has a policy twice, in all regions: with the policy as it is, and with another text.
 * All other policies are the current ones both times. Sessions that were limited by a managed policy keep the stored one.
 */
export function whatIfIdentity(
  dependencies: RebuildDependencies,
  { policy, text, ...wanted }: IdentityQuestion,
): Promise<WhatIf> {
  const { records } = dependencies
  const tried = { ...dependencies, records: policy.withText(text) }
  const known = new Map<string, boolean>()
  const holds = async (id: string): Promise<boolean> => {
    const before = known.get(id)
    if (before !== undefined) return before
    const entity =
      (await read(records, USER, policy.account, id)) ?? (await read(records, ROLE, policy.account, id))
    const found = entity !== undefined && (await policy.isHeldBy(id, entity.value))
    if (known.size >= PRINCIPALS_MAX) known.clear()
    known.set(id, found)
    return found
  }
  return tryPolicy(dependencies, {
    ...wanted,
    attribute: policy.userName === undefined ? undefined : { name: 'Username', value: policy.userName },
    covers: ({ account }) => account === policy.account,
    concerns: async (event) => {
      for (const id of idsOf(event)) if (await holds(id)) return true
      return false
    },
    otherwise: (_, event) => rebuildCall(tried, event),
  })
}

/** The unique ids of a caller, and of the user or role whose session it is. */
function idsOf({ userIdentity = {} }: RecordedEvent): readonly string[] {
  const { principalId, sessionContext } = userIdentity
  const ids = [principalId?.split(':')[0], sessionContext?.sessionIssuer?.principalId]
  return [...new Set(ids.filter((id) => id !== undefined))]
}
