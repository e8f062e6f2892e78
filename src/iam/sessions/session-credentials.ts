import type { GiveWay } from '../../base/slices.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import type { Caller, Credential, NamedCredential } from '../../dispatch/caller.ts'
import type { Records, Stored } from '../../store/records.ts'
import { ACCESS_KEY, ACCESS_KEYS } from '../credentials/access-key.ts'
import {
  consoleCaller,
  federatedCaller,
  ownSessionCaller,
  roleSessionCaller,
} from '../credentials/callers.ts'
import { ROLE, type RoleValue, read, USER, type UserValue } from '../iam-records.ts'
import { policiesNow } from '../policies/policies.ts'
import { CONSOLE_SESSION, hasDeviceOf, passwordTime } from './console-records.ts'
import { CONSOLE_ROLE_SESSION } from './console-role-records.ts'
import {
  type ConsoleClaims,
  type FederatedClaims,
  type OwnClaims,
  parseToken,
  type RoleClaims,
  type SessionClaims,
} from './session-token.ts'

/** The dependencies of finding sessions. */
export type SessionDependencies = {
  readonly records: Records
  readonly sealer: TokenSealer
  readonly giveWay: GiveWay
}

/** An opened token, and the credential made from it and from the holder's record. */
type Known = {
  readonly claims: SessionClaims
  made: { readonly holder: RoleValue | UserValue | undefined; readonly credential: Credential } | undefined
}

/** Opened tokens that are cached. */
const KNOWN_MAX = 10_000

const CLAIMS_OF = new WeakMap<Caller, SessionClaims>()

/** The session of a caller; nothing for a caller with an access key of its own. */
export function sessionOf(caller: Caller): SessionClaims | undefined {
  return CLAIMS_OF.get(caller)
}

/**
 * Finds the sessions of tokens. A token contains the whole session. At every call, this looks up whether the
 * session is still valid: the role or user, and the access key with which a user made it.
 */
export class Sessions {
  readonly #dependencies: SessionDependencies
  readonly #known = new Map<string, Known>()
  #epoch = 0

  constructor(dependencies: SessionDependencies) {
    this.#dependencies = dependencies
  }

  /** The credential of a session, even if it has expired; nothing for an invalid or revoked token. */
  async find(named: NamedCredential, token: string): Promise<Credential | undefined> {
    const known = this.#open(token)
    if (known === undefined || known.claims.accessKeyId !== named.accessKeyId) return undefined
    const { claims } = known
    switch (claims.type) {
      case 'role':
        return this.#findRole(known, claims)
      case 'own':
        return this.#findOwn(known, claims)
      case 'federated':
        return this.#findFederated(known, claims)
      case 'console':
        return this.#findConsole(known, claims)
    }
  }

  #open(token: string): Known | undefined {
    const epoch = this.#dependencies.sealer.epoch()
    if (epoch !== this.#epoch) this.#known.clear()
    this.#epoch = epoch
    const present = this.#known.get(token)
    if (present !== undefined) return present
    const claims = parseToken(this.#dependencies.sealer, token)
    if (claims === undefined) return undefined
    const known: Known = { claims, made: undefined }
    if (this.#known.size >= KNOWN_MAX) removeOldest(this.#known)
    this.#known.set(token, known)
    return known
  }

  async #findRole(known: Known, claims: RoleClaims): Promise<Credential | undefined> {
    const { records, giveWay } = this.#dependencies
    const { account, roleId, console: binding } = claims
    if (binding !== undefined) {
      const session = await read(records, CONSOLE_ROLE_SESSION, account, binding.sessionId)
      if (session?.value.cookieHash !== binding.cookieHash) return undefined
    }
    const role = records.peek(ROLE, account, roleId) ?? (await records.get(ROLE, account, roleId))
    if (role === undefined) return undefined
    if (known.made?.holder === role.value) return known.made.credential
    const entity = { kind: 'role', id: roleId } as const
    const session = { inline: claims.policy, arns: claims.policyArns }
    const policies = policiesNow(records, { account, entity, session }, giveWay)
    return remember(known, role.value, roleSessionCaller(account, role.value, claims, policies))
  }

  async #findOwn(known: Known, claims: OwnClaims): Promise<Credential | undefined> {
    const { records, giveWay } = this.#dependencies
    const { account, userId, issuerKeyId } = claims
    const maker = await this.#findMaker(account, userId, issuerKeyId)
    if (maker === undefined) return undefined
    const { user } = maker
    if (known.made !== undefined && known.made.holder === user?.value) return known.made.credential
    const source =
      userId === undefined ? { account } : { account, entity: { kind: 'user', id: userId } as const }
    return remember(
      known,
      user?.value,
      ownSessionCaller(account, user?.value, claims, policiesNow(records, source, giveWay)),
    )
  }

  async #findFederated(known: Known, claims: FederatedClaims): Promise<Credential | undefined> {
    const { account, makerId, makerKeyId, policy, policyArns } = claims
    const maker = await this.#findMaker(account, makerId, makerKeyId)
    if (maker === undefined) return undefined
    const { user } = maker
    if (known.made !== undefined && known.made.holder === user?.value) return known.made.credential
    const entity = makerId === undefined ? {} : { entity: { kind: 'user', id: makerId } as const }
    const session = { inline: policy, arns: policyArns }
    const policies = policiesNow(
      this.#dependencies.records,
      { account, ...entity, session },
      this.#dependencies.giveWay,
    )
    return remember(known, user?.value, federatedCaller(account, user?.value, claims, policies))
  }

  /** A console session is valid until its user signs out, is deleted, gets or loses a password, or loses the MFA device of the sign-in. */
  async #findConsole(known: Known, claims: ConsoleClaims): Promise<Credential | undefined> {
    const { records, giveWay } = this.#dependencies
    const { account, consoleUserId: userId, consoleSessionId } = claims
    const session = await read(records, CONSOLE_SESSION, account, consoleSessionId)
    if (session?.value.cookieHash !== claims.cookieHash) return undefined
    const user = userId === undefined ? undefined : await read(records, USER, account, userId)
    if (userId !== undefined && user === undefined) return undefined
    if ((await passwordTime(records, account, userId)) !== session.value.passwordAt) return undefined
    if (!(await hasDeviceOf(records, account, session.value))) return undefined
    if (known.made !== undefined && known.made.holder === user?.value) return known.made.credential
    const source =
      userId === undefined ? { account } : { account, entity: { kind: 'user', id: userId } as const }
    const policies = policiesNow(records, source, giveWay)
    return remember(known, user?.value, consoleCaller(account, user?.value, claims, policies))
  }

  /** The maker of a session, as long as it and its access key exist; no user for the root user. */
  async #findMaker(
    account: string,
    userId: string | undefined,
    keyId: string,
  ): Promise<{ readonly user: Stored<UserValue> | undefined } | undefined> {
    const { records } = this.#dependencies
    const key = await read(records, ACCESS_KEY, ACCESS_KEYS, keyId)
    if (key?.value.status !== 'Active') return undefined
    const user = userId === undefined ? undefined : await read(records, USER, account, userId)
    return userId !== undefined && user === undefined ? undefined : { user }
  }
}

function remember(known: Known, holder: RoleValue | UserValue | undefined, caller: Caller): Credential {
  const { secretAccessKey, expiresAt, type, mfaAt } = known.claims
  const cookieHash = cookieHashOf(known.claims)
  const credential: Credential = {
    caller,
    secretAccessKey,
    expiresAt,
    // Source: STS API Reference, "GetSessionToken", whose sessions cannot call IAM without MFA, and
    // "GetFederationToken".
    ...((type === 'own' || type === 'federated') && mfaAt === undefined && { closedServices: CLOSED }),
    ...(cookieHash !== undefined && { cookieHash }),
  }
  CLAIMS_OF.set(caller, known.claims)
  known.made = { holder, credential }
  return credential
}

function cookieHashOf(claims: SessionClaims): string | undefined {
  if (claims.type === 'console') return claims.cookieHash
  return claims.type === 'role' ? claims.console?.cookieHash : undefined
}

const CLOSED: ReadonlySet<string> = new Set(['iam'])

function removeOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
