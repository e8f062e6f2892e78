import { KmsError } from '../../api/errors.ts'
import type { GiveWay } from '../../base/slices.ts'
import { accessTo, inPlace } from '../../dispatch/access.ts'
import { globalContext } from '../../dispatch/global-context.ts'
import { UNSIGNED_REGION, unsignedCaller } from '../../dispatch/unsigned.ts'
import type { WireRequest } from '../../dispatch/wire.ts'
import { decide } from '../../policy/decide.ts'
import type { Records } from '../../store/records.ts'
import { pathedArn } from '../entities/arns.ts'
import { ROLE, type RoleValue, readAll } from '../iam-records.ts'
import { placeNow } from '../organization/place.ts'
import type { Oidc, WebToken } from '../sessions/oidc.ts'
import { findProvider, webIdentityPermissions } from '../sts/assume-role-with-web-identity.ts'
import { sessionTags } from '../sts/role-session.ts'

/** The dependencies of sign-in with an OpenID provider. */
export type WebIdentityDependencies = {
  readonly records: Records
  readonly oidc: Oidc
  readonly giveWay: GiveWay
}

/** An ID token that a provider has issued for a sign-in. */
export type WebIdentity = {
  readonly token: string
  /** The account of the roles: 12 digits. */
  readonly account: string
  readonly issuer: string
  readonly clientId: string
  /** The nonce of the sign-in; nothing when the token was verified against it before. */
  readonly nonce: string | undefined
  readonly now: number
  readonly request: WireRequest
  /** Returns the name of the session. */
  readonly sessionName: (token: WebToken) => string
}

/** A role that trusts a token, and the call that begins its session. */
export type TrustingRole = {
  readonly arn: string
  readonly role: RoleValue
  readonly sessionName: string
  readonly seconds: number
}

/** Sessions of the console end after 12 hours. Source: the durations of AWS's console. */
const SESSION_MAX_SECONDS = 43_200

/**
 * The roles of an account whose trust policies allow AssumeRoleWithWebIdentity for an ID token. The call itself decides again.
 *
 * @throws InvalidIdentityTokenException for a token of another provider, client or sign-in; ExpiredIdentityTokenException;
 *   IdpCommunicationErrorException.
 */
export async function rolesOfWebIdentity(
  { records, oidc, giveWay }: WebIdentityDependencies,
  { token, account, issuer, clientId, nonce, now, request, sessionName }: WebIdentity,
): Promise<readonly TrustingRole[]> {
  if (oidc.issuerOf(token) !== issuer) throw invalid('The ID Token provided is of another issuer')
  const provider = await findProvider({ records }, account, issuer)
  const proven = await oidc.verify(token, provider, now)
  checkClient(proven, clientId)
  if (nonce !== undefined && proven.claims['nonce'] !== nonce) {
    throw invalid('The ID Token provided is of another sign-in')
  }
  const name = sessionName(proven)
  const tags = sessionTags(proven.tags, proven.transitiveKeys, undefined)
  const place = await placeNow(records, account)
  const caller = unsignedCaller(account)
  const call = inPlace({ caller, context: globalContext(caller, request, UNSIGNED_REGION, now) }, place)
  const own = { identity: [], place }
  const found: TrustingRole[] = []
  for (const { value: role } of await readAll(records, ROLE, account)) {
    await giveWay()
    const seconds = Math.min(role.maxSessionSeconds, SESSION_MAX_SECONDS)
    const arn = pathedArn(account, 'role', role)
    const input = { RoleSessionName: name, DurationSeconds: seconds }
    const asked = { input, account, arn, role, provider, token: proven, tags }
    const isAllowed = webIdentityPermissions(asked).every((permission) => {
      const { request: known, policies } = accessTo(call, permission, own, place)
      return decide(known, policies).allow
    })
    if (isAllowed) found.push({ arn, role, sessionName: name, seconds })
  }
  return found
}

/** Source: OpenID Connect Core 1.0, section 3.1.3.7. */
function checkClient({ audience, claims: { aud } }: WebToken, clientId: string): void {
  const isFor = Array.isArray(aud) ? aud.includes(clientId) : aud === clientId
  if (!isFor || audience !== clientId) throw invalid('Incorrect token audience')
}

function invalid(message: string): KmsError {
  return new KmsError('InvalidIdentityTokenException', message)
}
