import type { GiveWay } from '../../base/slices.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import type { Caller, Credential, NamedCredential } from '../../dispatch/caller.ts'
import type { Records, Stored } from '../../store/records.ts'
import { ACCESS_KEY, ACCESS_KEYS } from '../credentials/access-key.ts'
import { federatedCaller, ownSessionCaller, roleSessionCaller } from '../credentials/callers.ts'
import { ROLE, type RoleValue, read, USER, type UserValue } from '../iam-records.ts'
import { policiesNow } from '../policies/policies.ts'
import {
  type FederatedClaims,
  type OwnClaims,
  parseToken,
  type RoleClaims,
  type SessionClaims,
} from './session-token.ts'

/** What finding sessions works with. */
export type SessionDependencies = {
  readonly records: Records
  readonly sealer: TokenSealer
  readonly giveWay: GiveWay
}

/** A token that was opened, and the credential that was made from it and from the holder's record. */
type Known = {
  readonly claims: SessionClaims
  made: { readonly holder: RoleValue | UserValue | undefined; readonly credential: Credential } | undefined
}

/** Opened tokens that are remembered. */
const KNOWN_MAX = 10_000

const CLAIMS_OF = new WeakMap<Caller, SessionClaims>()

/** The session that a caller calls with; nothing for an access key of its own. */
export function sessionOf(caller: Caller): SessionClaims | undefined {
  return CLAIMS_OF.get(caller)
}

/**
 * Finds the sessions that tokens stand for. A token carries all that the session is; whether it still counts is
 * looked up at every call: the role or user, and the access key that a session of a user was made with.
 */
export class Sessions {
  readonly #dependencies: SessionDependencies
  readonly #known = new Map<string, Known>()

  constructor(dependencies: SessionDependencies) {
    this.#dependencies = dependencies
  }

  /** The credential of a session, also when it has expired; nothing for a token that is none, or was revoked. */
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
    }
  }

  #open(token: string): Known | undefined {
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
    const { account, roleId } = claims
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

  /** Who has made a session, as long as that and the access key are there; no user for the root user. */
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
  const { secretAccessKey, expiresAt, type } = known.claims
  const credential: Credential = {
    caller,
    secretAccessKey,
    expiresAt,
    // Source: STS API Reference, "GetSessionToken", whose sessions cannot call IAM without MFA, and
    // "GetFederationToken".
    ...(type !== 'role' && { closedServices: CLOSED }),
  }
  CLAIMS_OF.set(caller, known.claims)
  known.made = { holder, credential }
  return credential
}

const CLOSED: ReadonlySet<string> = new Set(['iam'])

function removeOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
