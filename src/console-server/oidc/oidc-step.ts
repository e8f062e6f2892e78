import { KmsError } from '../../api/errors.ts'
import { equalConstantTime, utf8 } from '../../base/bytes.ts'
import { sha256Hex } from '../../crypto/hash.ts'
import { findHeader, type WireRequest } from '../../dispatch/wire.ts'
import type { IamService } from '../../iam/iam-service.ts'
import type { TrustingRole } from '../../iam/sign-in/web-identity-sign-in.ts'
import { findCookie } from '../../sigv4/bound-cookie.ts'
import { type ConsoleAnswer, json, type SignInRoutes } from '../console-site.ts'
import { beginRoleSession } from '../role-sessions.ts'
import { signInEvent } from '../sign-in-event.ts'
import {
  commitSession,
  parseTexts,
  recordFailedSignIn,
  type SignInDependencies,
  sessionBegun,
} from '../sign-in-steps.ts'
import { assumeRole, type HandleCall } from './assume-role.ts'
import type { OidcClient, OidcProvider } from './oidc-client.ts'
import { sessionNameOf } from './session-name.ts'
import { type ProvenSignIn, sealStep, unsealStep, type WaitingSignIn } from './sign-in-state.ts'

/** The dependencies of sign-in with OpenID providers. */
export type OidcSignInDependencies = SignInDependencies &
  Pick<IamService, 'rolesOfWebIdentity' | 'countSignIn'> & {
    readonly oidc: {
      /** The origin of the console, as browsers see it. */
      readonly consoleUrl: string
      readonly providers: readonly OidcProvider[]
      readonly client: OidcClient
    }
    /** Answers a call like one from the network. */
    readonly handle: HandleCall
  }

/** The page to which providers send people back, each to an address of its own. */
const REDIRECT_PATH = '/console/oidc'
/** The time for a person to prove who it is to the provider, and then to choose a role. */
const WAITING_MS = 600_000
const CHOOSING_MS = 300_000
const SECRET_BYTES = 32
/** Roles that a person can choose from. */
const ROLES_MAX = 100
/** Longer than each code and each URL of an issuer. */
const CODE_MAX_CHARS = 2048

/** The cookie of a sign-in that is not complete. It has the prefix for the same reason as that of a session. */
const OIDC_COOKIE = '__Host-holdfast-oidc'
const COOKIE_ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict'
const CLEARED = ['Set-Cookie', `${OIDC_COOKIE}=; ${COOKIE_ATTRIBUTES}; Max-Age=0`]

/** Returns the routes of sign-in with OpenID providers. */
export function oidcRoutes(dependencies: OidcSignInDependencies): SignInRoutes {
  const { providers } = dependencies.oidc
  const names = providers.map(({ name }) => name)
  const counted =
    (step: (dependencies: OidcSignInDependencies, request: WireRequest) => Promise<ConsoleAnswer>) =>
    (request: WireRequest) =>
      runCounted(dependencies, request, () => step(dependencies, request))
  return {
    'session/providers': async () => json(200, { providers: names }),
    'session/oidc-start': (request) => start(dependencies, request),
    'session/oidc-finish': counted(finish),
    'session/oidc-choose': counted(choose),
  }
}

/** Records and counts a refusal. */
async function runCounted(
  dependencies: OidcSignInDependencies,
  request: WireRequest,
  step: () => Promise<ConsoleAnswer>,
): Promise<ConsoleAnswer> {
  const { address } = request.connection
  try {
    return await dependencies.countSignIn({ address, requestId: dependencies.random.uuid() }, step)
  } catch (error) {
    if (error instanceof KmsError) {
      const method = 'OpenIDConnect'
      await recordFailedSignIn(dependencies, { request, who: undefined, failure: error.message, method })
    }
    throw error
  }
}

/** Begins a sign-in: the page follows the address, and the cookie binds the answer of the provider to this browser. */
async function start(
  { oidc, random, clock, signInSealer }: OidcSignInDependencies,
  request: WireRequest,
): Promise<ConsoleAnswer> {
  const provider = findProvider(oidc.providers, parseTexts(request, ['provider']).provider)
  if (findHeader(request.rawHeaders, 'origin')?.toLowerCase() !== oidc.consoleUrl) {
    const message = `${provider.name} sends people back to ${oidc.consoleUrl}. Open ${oidc.consoleUrl}/console/ to sign in with it.`
    throw new KmsError('ValidationException', message)
  }
  const secret = (): string => Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')
  const asked = { state: secret(), nonce: secret(), verifier: secret() }
  const location = await oidc.client.authorizationUrl(provider, asked, redirectUri(oidc, provider))
  const waiting: WaitingSignIn = {
    ...{ step: 'waiting', provider: provider.name, ...asked },
    expiresAt: clock.now() + WAITING_MS,
  }
  const attributes = `${COOKIE_ATTRIBUTES}; Max-Age=${WAITING_MS / 1000}`
  const cookie = `${OIDC_COOKIE}=${sealStep(signInSealer, waiting)}; ${attributes}`
  return json(200, { signedIn: false, location }, ['Set-Cookie', cookie])
}

/** Exchanges the code that the provider has given the browser; begins the session when one role trusts the person. */
async function finish(dependencies: OidcSignInDependencies, request: WireRequest): Promise<ConsoleAnswer> {
  const { oidc, clock, signInSealer } = dependencies
  const { code, state, path, iss } = parseTexts(request, ['code', 'state', 'path'], ['iss'])
  if ([code, state, path, iss ?? ''].some((text) => text.length > CODE_MAX_CHARS)) throw unknownSignIn()
  const sealed = findCookie(request, OIDC_COOKIE)
  const now = clock.now()
  const waiting = unsealStep<WaitingSignIn>(signInSealer, 'waiting', { sealed, now })
  if (sealed === undefined || waiting === undefined) throw unknownSignIn()
  if (!equalConstantTime(utf8(state), utf8(waiting.state))) throw unknownSignIn()
  const provider = findProvider(oidc.providers, waiting.provider)
  // An answer of another provider: its code must not reach this one. Source: RFC 9700, section 4.4.2.2.
  if (path !== redirectPath(provider)) throw unknownSignIn()
  const { verifier, nonce } = waiting
  const given = { code, verifier, issuer: iss }
  const token = await oidc.client.exchange(provider, given, redirectUri(oidc, provider))
  const roles = await rolesFor(dependencies, request, { provider, token, nonce })
  const [only] = roles
  if (only !== undefined && roles.length === 1)
    return begin(dependencies, request, { provider, token, role: only })
  const proven: ProvenSignIn = {
    ...{ step: 'proven', provider: provider.name, token },
    cookieHash: sha256Hex(utf8(sealed)),
    expiresAt: now + CHOOSING_MS,
  }
  const offered = roles.map(({ arn, role }) => ({
    arn,
    name: role.name,
    description: role.description ?? null,
  }))
  return json(200, { signedIn: false, roles: offered, proof: sealStep(signInSealer, proven) })
}

/** Begins the session of the role that a proven person has chosen. */
async function choose(dependencies: OidcSignInDependencies, request: WireRequest): Promise<ConsoleAnswer> {
  const { oidc, clock, signInSealer } = dependencies
  const { proof, role: chosen } = parseTexts(request, ['proof', 'role'])
  const sealed = findCookie(request, OIDC_COOKIE)
  const proven = unsealStep<ProvenSignIn>(signInSealer, 'proven', { sealed: proof, now: clock.now() })
  if (sealed === undefined || proven === undefined || proven.cookieHash !== sha256Hex(utf8(sealed))) {
    throw unknownSignIn()
  }
  const provider = findProvider(oidc.providers, proven.provider)
  const { token } = proven
  const roles = await rolesFor(dependencies, request, { provider, token, nonce: undefined })
  const role = roles.find(({ arn }) => arn === chosen)
  if (role === undefined)
    throw new KmsError('AccessDeniedException', 'This role does not trust you. Choose another.')
  return begin(dependencies, request, { provider, token, role })
}

type Proven = { readonly provider: OidcProvider; readonly token: string }

/** @throws AccessDeniedException when no role trusts the person. */
async function rolesFor(
  { rolesOfWebIdentity, clock }: OidcSignInDependencies,
  request: WireRequest,
  { provider, token, nonce }: Proven & { readonly nonce: string | undefined },
): Promise<readonly TrustingRole[]> {
  const { account, issuer, clientId, sessionNameClaim } = provider
  const roles = await rolesOfWebIdentity({
    ...{ token, account, issuer, clientId, nonce, request, now: clock.now() },
    sessionName: (proven) => sessionNameOf(proven, sessionNameClaim),
  })
  if (roles.length > 0) return roles.slice(0, ROLES_MAX)
  const message = `You are known to ${provider.name}, but no role of account ${account} trusts you. Ask the administrator of the account.`
  throw new KmsError('AccessDeniedException', message)
}

async function begin(
  dependencies: OidcSignInDependencies,
  request: WireRequest,
  { token, role }: Proven & { readonly role: TrustingRole },
): Promise<ConsoleAnswer> {
  const claims = await assumeRole(dependencies, request, { token, role })
  const session = await beginRoleSession(dependencies, role.role, claims)
  const { who } = session
  const facts = { name: 'ConsoleLogin', request, who, method: 'OpenIDConnect' } as const
  await commitSession(dependencies, request, session, [signInEvent(dependencies, facts)])
  const answer = sessionBegun(dependencies, session)
  return { ...answer, headers: [...answer.headers, ...CLEARED] }
}

function findProvider(providers: readonly OidcProvider[], name: string): OidcProvider {
  const provider = providers.find((one) => one.name === name)
  if (provider === undefined) throw new KmsError('ValidationException', 'This provider is not configured.')
  return provider
}

function redirectUri({ consoleUrl }: OidcSignInDependencies['oidc'], provider: OidcProvider): string {
  return `${consoleUrl}${redirectPath(provider)}`
}

function redirectPath({ id }: OidcProvider): string {
  return id === undefined ? REDIRECT_PATH : `${REDIRECT_PATH}/${id}`
}

function unknownSignIn(): KmsError {
  return new KmsError(
    'AccessDeniedException',
    'This sign-in was not begun in this browser, or it has expired. Begin again.',
  )
}
