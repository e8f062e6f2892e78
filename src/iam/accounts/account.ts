import type { Clock, Random } from '../../base/ports.ts'
import type { StoredQuotas } from '../../quotas/quotas.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { StoreConflict } from '../../store/port.ts'
import { type Change, insert, type Kind, type Records, replace, type Stored } from '../../store/records.ts'
import { retryConflicts } from '../../store/retry.ts'
import { ACCESS_KEY, ACCESS_KEYS } from '../credentials/access-key.ts'
import { type NewAccessKey, newAccessKey } from '../entities/ids.ts'
import type { ControlTarget } from '../organization/control-policies.ts'
import { findOrganization } from '../organization/organization-record.ts'

/** An account. Partition: {@link ACCOUNTS}; name: its 12 digits. */
export type AccountValue = ControlTarget & {
  readonly format: 1
  readonly createdAt: number
  /** The access key that it was made with, for the operator. */
  readonly rootAccessKeyId: string
  /** The access keys of the root user; without it, only that one. */
  readonly rootKeyIds?: readonly string[]
  /** Serial numbers of the root user's passkeys: see `passkeys/passkey-records.ts`. */
  readonly rootMfaDevices?: readonly string[]
  /** A name for people; each account's differs. */
  readonly alias?: string
  /** The version of the tokens that the global endpoint of STS claims to issue; without it, version 2. */
  readonly stsTokens?: 1 | 2
  /** Whether the operator has the root credentials. */
  readonly handedOver: boolean
  /** The root or unit of the organization that contains it. */
  readonly parent?: string
  /** The quotas that were set for it, by name. */
  readonly quotas?: StoredQuotas
}

/** The kind of accounts. */
export const ACCOUNT: Kind<AccountValue> = kindOfFormat1('account')

/** The one partition of accounts. */
export const ACCOUNTS = 'all'

/** The partition of accounts' aliases: one namespace for all. */
export const ACCOUNT_ALIASES = 'account-aliases'

/** The dependencies of making an account. */
export type AccountDependencies = {
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
}

/** The ids of the access keys of an account's root user. */
export function rootKeyIds({ rootAccessKeyId, rootKeyIds: ids }: AccountValue): readonly string[] {
  return ids ?? [rootAccessKeyId]
}

/** The account, made with root credentials when it does not exist. */
export async function ensureAccount(
  dependencies: AccountDependencies,
  account: string,
): Promise<Stored<AccountValue>> {
  const { records } = dependencies
  const present = await records.get(ACCOUNT, ACCOUNTS, account)
  if (present !== undefined) return present
  try {
    await records.commit(await newAccount(dependencies, account))
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
  }
  return ensureAccount(dependencies, account)
}

/**
 * The changes that make an account, with root credentials that the operator does not have yet. In an
 * organization, the account is in the root.
 */
export async function newAccount(
  { records, clock, random }: AccountDependencies,
  account: string,
): Promise<readonly Change[]> {
  const organization = await findOrganization(records)
  const { accessKeyId, secretAccessKey } = newAccessKey(random, account)
  const createdAt = clock.now()
  return [
    insert(ACCOUNT, ACCOUNTS, account, {
      format: 1,
      createdAt,
      rootAccessKeyId: accessKeyId,
      handedOver: false,
      ...(organization && { parent: organization.value.root }),
    }),
    ...(await keptApart(records, organization)),
    insert(ACCESS_KEY, ACCESS_KEYS, accessKeyId, {
      format: 1,
      account,
      principal: 'root',
      secretAccessKey,
      createdAt,
      status: 'Active',
    }),
  ]
}

/**
 * A change that conflicts with a concurrent creation or deletion of an organization, which changes every
 * account.
 */
async function keptApart(
  records: Records,
  organization: Stored<object> | undefined,
): Promise<readonly Change[]> {
  if (organization !== undefined) return [replace(organization, organization.value)]
  const { records: some } = await records.list(ACCOUNT, { partition: ACCOUNTS, limit: 1 })
  return some.map((account) => replace(account, account.value))
}

/**
 * Passes the root credentials of an account to `hand`, once: a later start does not pass them again. After a
 * crash in between, it does.
 */
export async function handOverRoot(
  dependencies: AccountDependencies,
  account: Stored<AccountValue>,
  hand: (key: NewAccessKey) => Promise<void>,
): Promise<void> {
  const { rootAccessKeyId, handedOver } = account.value
  if (handedOver) return
  const key = await dependencies.records.get(ACCESS_KEY, ACCESS_KEYS, rootAccessKeyId)
  if (key === undefined) return
  await hand({ accessKeyId: rootAccessKeyId, secretAccessKey: key.value.secretAccessKey })
  await retryConflicts(dependencies.records, async () => {
    const now = await dependencies.records.get(ACCOUNT, ACCOUNTS, account.name)
    // Meanwhile the account may have got another root access key.
    if (now?.value.rootAccessKeyId !== rootAccessKeyId) return
    await dependencies.records.commit([replace(now, { ...now.value, handedOver: true })])
  })
}
