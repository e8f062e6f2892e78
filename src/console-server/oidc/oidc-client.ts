import { KmsError } from '../../api/errors.ts'
import { utf8 } from '../../base/bytes.ts'
import { Gate } from '../../base/gate.ts'
import type { Log } from '../../base/log.ts'
import { OffloadError } from '../../base/offload.ts'
import type { Clock } from '../../base/ports.ts'
import { sha256 } from '../../crypto/hash.ts'

/** An OpenID provider with which people sign in. */
export type OidcProvider = {
  /** What the sign-in page calls it. */
  readonly name: string
  /** The end of the redirect URI; nothing for the provider whose redirect URI has none. */
  readonly id: string | undefined
  /** 12 digits. */
  readonly account: string
  readonly issuer: string
  readonly clientId: string
  /** Absent for a public client. */
  readonly clientSecret: string | undefined
  /** Scopes beside `openid`. */
  readonly scopes: readonly string[]
  readonly sessionNameClaim: string
}

/** The dependencies of a client. Both functions reject answers beyond limits of time and size, and redirects. */
export type OidcClientDependencies = {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Log
  readonly fetchJson: (url: string) => Promise<unknown>
  readonly postForm: (
    url: string,
    posted: { readonly form: URLSearchParams; readonly authorization: string | undefined },
  ) => Promise<unknown>
}

/** The secrets of one sign-in. */
export type OidcRequest = {
  readonly state: string
  readonly nonce: string
  /** Source: RFC 7636, section 4.1. */
  readonly verifier: string
}

/** How long the metadata of a provider is used, and how long a provider that failed is not asked again. */
const METADATA_MAX_AGE_MS = 600_000
const FAILURE_AGE_MS = 5000
/** Exchanges of codes at the same time, and those that wait: each takes a connection for up to five seconds. */
const EXCHANGES_AT_ONCE = 8
const EXCHANGES_WAITING_MAX = 32
/** Source: STS API Reference, "AssumeRoleWithWebIdentity", `WebIdentityToken`. */
const TOKEN_MAX_CHARS = 20_000

type Metadata = {
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  /** Whether the secret is sent in the form instead of a header. */
  readonly postsSecret: boolean
  /** Whether every authorization response names its issuer. */
  readonly namesIssuer: boolean
}

type Known = { readonly at: number; readonly metadata: Promise<Metadata>; failed: boolean }

/** The relying party of OpenID Connect: the authorization code flow with PKCE. */
export class OidcClient {
  readonly #dependencies: OidcClientDependencies
  readonly #known = new Map<string, Known>()
  readonly #exchanges = new Gate({ atOnce: EXCHANGES_AT_ONCE, waitingMax: EXCHANGES_WAITING_MAX })

  constructor(dependencies: OidcClientDependencies) {
    this.#dependencies = dependencies
  }

  /** The address at which a person signs in. @throws IdpCommunicationErrorException. */
  async authorizationUrl(
    provider: OidcProvider,
    { state, nonce, verifier }: OidcRequest,
    redirectUri: string,
  ): Promise<string> {
    const { authorizationEndpoint } = await this.#metadataOf(provider)
    const url = new URL(authorizationEndpoint)
    const challenge = Buffer.from(sha256(utf8(verifier))).toString('base64url')
    const parameters = {
      response_type: 'code',
      client_id: provider.clientId,
      redirect_uri: redirectUri,
      scope: ['openid', ...provider.scopes].join(' '),
      ...{ state, nonce },
      ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return url.href
  }

  /**
   * Exchanges a code for an ID token, of which nothing is verified.
   *
   * @param given.issuer as the authorization response names it; nothing when it does not.
   * @throws IdpCommunicationErrorException; AccessDeniedException when another provider has answered, or the provider does not know the code, which
   *   somebody may have guessed; ThrottlingException.
   */
  async exchange(
    provider: OidcProvider,
    given: { readonly code: string; readonly verifier: string; readonly issuer: string | undefined },
    redirectUri: string,
  ): Promise<string> {
    const { tokenEndpoint, postsSecret, namesIssuer } = await this.#metadataOf(provider)
    checkIssuer(provider, given.issuer, namesIssuer)
    const { clientId, clientSecret } = provider
    const inForm = clientSecret === undefined || postsSecret
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: given.code,
      redirect_uri: redirectUri,
      code_verifier: given.verifier,
      ...(inForm && { client_id: clientId }),
      ...(inForm && clientSecret !== undefined && { client_secret: clientSecret }),
    })
    const authorization = inForm ? undefined : basic(clientId, clientSecret)
    return this.#asking(provider, async () => {
      const answer = await this.#exchanges.run(() =>
        this.#dependencies.postForm(tokenEndpoint, { form, authorization }),
      )
      checkGrant(provider, answer)
      const token = textMember(answer, 'id_token')
      if (token.length > TOKEN_MAX_CHARS)
        throw new Error(`id_token has more than ${TOKEN_MAX_CHARS} characters`)
      return token
    })
  }

  #metadataOf(provider: OidcProvider): Promise<Metadata> {
    const { issuer } = provider
    const now = this.#dependencies.clock.monotonicMs()
    const present = this.#known.get(issuer)
    const maxAgeMs = present?.failed === true ? FAILURE_AGE_MS : METADATA_MAX_AGE_MS
    if (present !== undefined && now - present.at < maxAgeMs) return present.metadata
    const known: Known = {
      at: now,
      metadata: this.#asking(provider, () => this.#loadMetadata(issuer)),
      failed: false,
    }
    known.metadata.catch(() => {
      known.failed = true
    })
    this.#known.set(issuer, known)
    return known.metadata
  }

  /** Source: OpenID Connect Discovery 1.0, sections 3 and 4. */
  async #loadMetadata(issuer: string): Promise<Metadata> {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const value = await this.#dependencies.fetchJson(url)
    const named = textMember(value, 'issuer')
    if (named !== issuer) throw new Error(`${url} names the issuer ${named}; expected ${issuer}`)
    const methods: unknown = Reflect.get(Object(value), 'token_endpoint_auth_methods_supported')
    return {
      authorizationEndpoint: endpointMember(value, 'authorization_endpoint'),
      tokenEndpoint: endpointMember(value, 'token_endpoint'),
      postsSecret:
        Array.isArray(methods) &&
        !methods.includes('client_secret_basic') &&
        methods.includes('client_secret_post'),
      namesIssuer: Reflect.get(Object(value), 'authorization_response_iss_parameter_supported') === true,
    }
  }

  async #asking<T>(provider: OidcProvider, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (cause) {
      if (cause instanceof KmsError) throw cause
      if (cause instanceof OffloadError) throw new KmsError('ThrottlingException', 'Rate exceeded', { cause })
      const reason = cause instanceof Error ? cause.message : String(cause)
      this.#dependencies.log.warn('an identity provider failed', { provider: provider.name, reason })
      const message = `${provider.name} did not answer as expected. Begin again, or ask the administrator of this server.`
      throw new KmsError('IdpCommunicationErrorException', message, { cause })
    }
  }
}

/** Source: RFC 9207, section 2.4. */
function checkIssuer({ issuer, name }: OidcProvider, given: string | undefined, isNeeded: boolean): void {
  if (given === issuer || (given === undefined && !isNeeded)) return
  throw new KmsError('AccessDeniedException', `Another provider than ${name} has answered. Begin again.`)
}

/** Source: RFC 6749, section 5.2. @throws AccessDeniedException for a code that is wrong, was used, or has expired; Error for another refusal. */
function checkGrant({ name }: OidcProvider, answer: unknown): void {
  const error: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'error') : undefined
  if (error === undefined) return
  if (error === 'invalid_grant')
    throw new KmsError('AccessDeniedException', `${name} does not know this sign-in. Begin again.`)
  throw new Error(`it refused the code: ${String(error).slice(0, ERROR_MAX_CHARS)}`)
}

/** Characters of an error of a provider that the log shows: longer than each code of RFC 6749. */
const ERROR_MAX_CHARS = 64

/** Source: RFC 6749, section 2.3.1. */
function basic(clientId: string, clientSecret: string): string {
  const encoded = (text: string): string => new URLSearchParams({ _: text }).toString().slice(2)
  return `Basic ${Buffer.from(`${encoded(clientId)}:${encoded(clientSecret)}`).toString('base64')}`
}

function textMember(value: unknown, name: string): string {
  const member: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  if (typeof member === 'string' && member !== '') return member
  throw new Error(`${name} is missing`)
}

function endpointMember(value: unknown, name: string): string {
  const text = textMember(value, name)
  const url = URL.parse(text)
  if (url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '') return text
  throw new Error(`${name} is no https URL`)
}
