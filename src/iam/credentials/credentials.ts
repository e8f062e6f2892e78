import type { GiveWay } from '../../base/slices.ts'
import type { Credential, FindCredential } from '../../dispatch/caller.ts'
import type { Records, Stored } from '../../store/records.ts'
import { USER, type UserValue } from '../iam-records.ts'
import { policiesNow } from '../policies/policies.ts'
import type { Sessions } from '../sessions/session-credentials.ts'
import { ACCESS_KEY, ACCESS_KEYS, type AccessKeyValue } from './access-key.ts'
import { rootCaller, userCaller } from './callers.ts'
import type { KeyUses } from './key-uses.ts'

/** The dependencies of finding credentials. */
export type CredentialDependencies = {
  readonly records: Records
  readonly keyUses: KeyUses
  readonly sessions: Sessions
  readonly giveWay: GiveWay
}

/** A credential made from these values; another value makes another one. */
type Made = { readonly user: UserValue | undefined; readonly credential: Credential }

/** Credentials by their access key's value: equal versions share one. */
const CREDENTIALS = new WeakMap<AccessKeyValue, Made>()

/** Finds access keys and sessions in the records. */
export function credentialFinder(dependencies: CredentialDependencies): FindCredential {
  const { records } = dependencies
  return async (named) => {
    const { accessKeyId, securityToken } = named
    if (securityToken !== undefined) return dependencies.sessions.find(named, securityToken)
    const key =
      records.peek(ACCESS_KEY, ACCESS_KEYS, accessKeyId) ??
      (await records.get(ACCESS_KEY, ACCESS_KEYS, accessKeyId))
    if (key === undefined || key.value.status !== 'Active') return undefined
    const { principal, account } = key.value
    if (principal === 'root') return credentialOf(dependencies, key, undefined)
    const user =
      records.peek(USER, account, principal.user) ?? (await records.get(USER, account, principal.user))
    return user && credentialOf(dependencies, key, user.value)
  }
}

function credentialOf(
  dependencies: CredentialDependencies,
  key: Stored<AccessKeyValue>,
  user: UserValue | undefined,
): Credential {
  const known = CREDENTIALS.get(key.value)
  if (known !== undefined && known.user === user) return known.credential
  const credential = makeCredential(dependencies, key, user)
  CREDENTIALS.set(key.value, { user, credential })
  return credential
}

function makeCredential(
  { records, keyUses, giveWay }: CredentialDependencies,
  { name: accessKeyId, value }: Stored<AccessKeyValue>,
  user: UserValue | undefined,
): Credential {
  const { account, secretAccessKey } = value
  const entity = user && ({ kind: 'user', id: user.id } as const)
  const policies = policiesNow(records, entity === undefined ? { account } : { account, entity }, giveWay)
  return {
    secretAccessKey,
    caller:
      user === undefined
        ? rootCaller(account, accessKeyId, policies)
        : userCaller(account, user, accessKeyId, policies),
    used: (at, region, service) => keyUses.note(accessKeyId, { at, region, service }),
  }
}
