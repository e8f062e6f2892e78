import { UsageError } from '../../base/usage-error.ts'
import { type Change, insert, remove, replace } from '../../store/records.ts'
import { type AccountDependencies, rootKeyIds } from '../accounts/account.ts'
import { needAccount } from '../accounts/accounts.ts'
import { countLess } from '../entities/entities.ts'
import { newAccessKey } from '../entities/ids.ts'
import { passkeysOf, rootDevices } from '../passkeys/passkey-records.ts'
import { type EndedConsoleAccess, endConsoleAccess } from '../sessions/console-records.ts'
import { ACCESS_KEY, ACCESS_KEYS } from './access-key.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const ROOT_KEYS_MAX = 2

/** What happens to the existing root access keys of an account. */
export type OlderKeys = 'keep' | 'deactivate' | 'delete'

/** A new root access key that the operator does not have yet, and the ids of the earlier ones. */
export type NewRootKey = {
  readonly accessKeyId: string
  readonly older: readonly string[]
  /** The sessions and links of the root user that end with the earlier keys. */
  readonly endedAccess: EndedConsoleAccess
  readonly changes: readonly Change[]
}

/**
 * The changes that make a new root access key for an account. With the earlier keys end what whoever knows them may
 * have: sessions of the console, sign-in links and passkeys of the root user. @throws UsageError when the account has the
 * most it may have.
 */
export async function newRootKey(
  dependencies: AccountDependencies,
  accountId: string,
  olderKeys: OlderKeys,
): Promise<NewRootKey> {
  const { records, clock, random } = dependencies
  const account = await needAccount(records, accountId)
  const older = rootKeyIds(account.value)
  if (olderKeys !== 'delete' && older.length >= ROOT_KEYS_MAX) {
    throw new UsageError(
      `account ${accountId} has ${older.length} root access keys, and may have ${ROOT_KEYS_MAX}: delete one with DeleteAccessKey, or all of them with --delete-others`,
    )
  }
  const { accessKeyId, secretAccessKey } = newAccessKey(random, accountId)
  const ended: Change[] = []
  for (const id of olderKeys === 'keep' ? [] : older) {
    const key = await records.get(ACCESS_KEY, ACCESS_KEYS, id)
    if (key === undefined) continue
    ended.push(olderKeys === 'delete' ? remove(key) : replace(key, { ...key.value, status: 'Inactive' }))
  }
  const ids = [...(olderKeys === 'delete' ? [] : older), accessKeyId]
  const endedAccess =
    olderKeys === 'keep'
      ? NOTHING_ENDED
      : await endConsoleAccess(records, { account: accountId, userId: undefined })
  const made = insert(ACCESS_KEY, ACCESS_KEYS, accessKeyId, {
    ...{ format: 1, account: accountId, principal: 'root', secretAccessKey },
    ...{ createdAt: clock.now(), status: 'Active' },
  })
  const passkeys = olderKeys === 'keep' ? [] : await passkeysOf(records, rootDevices(account))
  if (passkeys.length > 0) {
    ended.push(...passkeys.map(remove))
    ended.push(await countLess(records, accountId, 'mfaDevicesInUse', passkeys.length))
  }
  const devices = passkeys.length === 0 ? {} : { rootMfaDevices: [] }
  const value = {
    ...account.value,
    ...devices,
    rootAccessKeyId: accessKeyId,
    rootKeyIds: ids,
    handedOver: false,
  }
  return {
    ...{ accessKeyId, older, endedAccess },
    changes: [made, ...ended, ...endedAccess.changes, replace(account, value)],
  }
}

const NOTHING_ENDED: EndedConsoleAccess = { sessions: 0, links: 0, changes: [] }
