import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { KmsError } from '../../api/errors.ts'
import type { Clock, EpochMs } from '../../base/ports.ts'
import type { ContextLookup } from '../../policy/context.ts'
import type { ProviderValue } from '../iam-records.ts'
import type { Federation } from './session-token.ts'

/** Key sets of issuers, by URL without scheme, that are not fetched. */
export type OfflineKeys = ReadonlyMap<string, JSONWebKeySet>

/** The dependencies of checking tokens. */
export type OidcDependencies = {
  readonly clock: Clock
  /** Fetches the JSON value of an `https:` URL, within limits of time and size. @throws Error. */
  readonly fetchJson: (url: string) => Promise<unknown>
  readonly offline: OfflineKeys
}

/** The claims of a checked token. */
export type WebToken = {
  readonly subject: string
  /** The client that it was issued to: `azp` if it has one, else `aud`. */
  readonly audience: string
  readonly claims: JWTPayload
  readonly tags: readonly { readonly Key: string; readonly Value: string }[]
  readonly transitiveKeys: readonly string[]
  readonly sourceIdentity: string | undefined
}

/**
 * Signature algorithms: none that a shared secret, or no secret, is enough for. Source: RFC 8725, section
 * 3.1.
 */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/**
 * How long fetched keys are used, and the shortest time before they are fetched again for a key id that they
 * lack.
 */
const KEYS_MAX_AGE_MS = 600_000
const KEYS_MIN_AGE_MS = 30_000
/** How long a provider that failed is not asked again. */
const FAILURE_AGE_MS = 5_000
/** Issuers whose keys are cached: 100 for each of 100 accounts. */
const ISSUERS_MAX = 10_000

type Fetched = { readonly at: number; readonly keys: Promise<JWTVerifyGetKey>; failed: boolean }

/** Checks tokens of OIDC providers, whose keys it fetches and caches. */
export class Oidc {
  readonly #dependencies: OidcDependencies
  readonly #fetched = new Map<string, Fetched>()

  constructor(dependencies: OidcDependencies) {
    this.#dependencies = dependencies
  }

  /** The issuer that a token claims; nothing of it is proven. @throws InvalidIdentityTokenException. */
  issuerOf(token: string): string {
    try {
      const { iss } = decodeJwt(token)
      if (typeof iss === 'string' && iss !== '') return iss
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error
    }
    throw invalid(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    )
  }

  /**
   * The claims of a token, after the checks of its signature, time and audience.
   *
   * @throws InvalidIdentityTokenException, ExpiredIdentityTokenException, IdpCommunicationErrorException.
   */
  async verify(token: string, provider: ProviderValue, now: EpochMs): Promise<WebToken> {
    const { payload } = await this.#checkSignature(token, provider.url, now)
    const { sub, aud, azp } = payload
    const audiences = typeof aud === 'string' ? [aud] : (aud ?? [])
    const candidates = typeof azp === 'string' ? [azp] : audiences
    const audience = candidates.find((candidate) => provider.clientIds.includes(candidate))
    if (audience === undefined) throw invalid('Incorrect token audience')
    return { subject: String(sub), audience, claims: payload, ...sessionClaims(payload) }
  }

  async #checkSignature(token: string, url: string, now: EpochMs): Promise<{ payload: JWTPayload }> {
    const options = {
      algorithms: ALGORITHMS,
      currentDate: new Date(now),
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    }
    try {
      return await jwtVerify(token, await this.#keysOf(url, KEYS_MAX_AGE_MS), options)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw refusal(error, now)
    }
    try {
      return await jwtVerify(token, await this.#keysOf(url, KEYS_MIN_AGE_MS), options)
    } catch (error) {
      throw refusal(error, now)
    }
  }

  /** The keys of an issuer, at most so old. */
  #keysOf(url: string, maxAgeMs: number): Promise<JWTVerifyGetKey> {
    const offline = this.#dependencies.offline.get(url)
    if (offline !== undefined) return Promise.resolve(createLocalJWKSet(offline))
    const now = this.#dependencies.clock.monotonicMs()
    const present = this.#fetched.get(url)
    if (present !== undefined && now - present.at < (present.failed ? FAILURE_AGE_MS : maxAgeMs)) {
      return present.keys
    }
    if (this.#fetched.size >= ISSUERS_MAX) this.#fetched.clear()
    const fetched: Fetched = { at: now, keys: this.#load(url), failed: false }
    fetched.keys.catch(() => {
      fetched.failed = true
    })
    this.#fetched.set(url, fetched)
    return fetched.keys
  }

  /** Source: OpenID Connect Discovery 1.0, section 4. */
  async #load(url: string): Promise<JWTVerifyGetKey> {
    try {
      const { fetchJson: get } = this.#dependencies
      const configuration = await get(`https://${url}/.well-known/openid-configuration`)
      const keysUrl = textMember(configuration, 'jwks_uri')
      if (!keysUrl.startsWith('https://')) throw new Error('jwks_uri is no https URL')
      return createLocalJWKSet(parseKeySet(await get(keysUrl)))
    } catch (cause) {
      throw new KmsError(
        'IdpCommunicationErrorException',
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
        { cause },
      )
    }
  }
}

function textMember(value: unknown, name: string): string {
  const member = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  if (typeof member === 'string') return member
  throw new Error(`${name} is missing`)
}

/** Checks that a value is a key set, as far as jose does not. @throws Error. */
export function parseKeySet(value: unknown): JSONWebKeySet {
  const isSet = typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)
  if (!isSet) throw new Error('there is no list of keys')
  return value as JSONWebKeySet
}

function refusal(error: unknown, now: EpochMs): unknown {
  if (error instanceof errors.JWTExpired) {
    const expiry = Number(error.payload.exp)
    const text = `Token expired: current date/time ${Math.floor(now / 1000)} must be before the expiration date/time ${expiry}`
    return new KmsError('ExpiredIdentityTokenException', text)
  }
  if (!(error instanceof errors.JOSEError)) return error
  return invalid(`The token is not valid: ${error.code}.`)
}

function invalid(message: string): KmsError {
  return new KmsError('InvalidIdentityTokenException', message)
}

/** Claims that set properties of a session. Source: IAM User Guide, "Pass session tags in AWS STS". */
const TAGS_CLAIM = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY_CLAIM = 'https://aws.amazon.com/source_identity'

const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u
const SOURCE_IDENTITY = /^[\w+=,.@-]{2,64}$/

/** @throws InvalidIdentityTokenException for claims of another form. */
function sessionClaims(payload: JWTPayload): Pick<WebToken, 'tags' | 'transitiveKeys' | 'sourceIdentity'> {
  const sourceIdentity = payload[SOURCE_IDENTITY_CLAIM]
  if (
    sourceIdentity !== undefined &&
    (typeof sourceIdentity !== 'string' || !SOURCE_IDENTITY.test(sourceIdentity))
  ) {
    throw invalid(`${SOURCE_IDENTITY_CLAIM} is not valid`)
  }
  const given = payload[TAGS_CLAIM]
  if (given === undefined) return { tags: [], transitiveKeys: [], sourceIdentity }
  return { ...tagClaims(given), sourceIdentity }
}

function tagClaims(given: unknown): Pick<WebToken, 'tags' | 'transitiveKeys'> {
  if (typeof given !== 'object' || given === null) throw invalid(`${TAGS_CLAIM} is not valid`)
  const principal: unknown = Reflect.get(given, 'principal_tags') ?? {}
  const transitive: unknown = Reflect.get(given, 'transitive_tag_keys') ?? []
  if (typeof principal !== 'object' || principal === null || !Array.isArray(transitive)) {
    throw invalid(`${TAGS_CLAIM} is not valid`)
  }
  const tags = Object.entries(principal).map(([Key, values]) => {
    const Value: unknown = Array.isArray(values) && values.length === 1 ? values[0] : values
    if (typeof Value !== 'string' || !TAG_KEY.test(Key) || !TAG_VALUE.test(Value)) {
      throw invalid(`${TAGS_CLAIM} is not valid`)
    }
    return { Key, Value }
  })
  return { tags, transitiveKeys: transitive.map(String) }
}

/**
 * The condition keys of a token: `<provider>:sub`, `<provider>:aud` and so on. If it has an `azp`, that is
 * `aud`, and its `aud` is `oaud`. Source: IAM User Guide, "Available keys for AWS OIDC federation".
 */
export function webTokenKeys(url: string, { audience, claims }: WebToken): ContextLookup {
  const prefix = `${url.toLowerCase()}:`
  const keys = new Map<string, string | readonly string[]>()
  for (const [name, value] of Object.entries(claims)) {
    const key = name === 'aud' ? 'oaud' : name.toLowerCase()
    // Users of some providers can add claims: `SUB` must not stand for `sub`.
    if (name !== 'aud' && (key === 'oaud' || (key !== name && Object.hasOwn(claims, key)))) continue
    if (typeof value === 'string') keys.set(key, value)
    else if (Array.isArray(value) && value.every((item) => typeof item === 'string')) keys.set(key, value)
  }
  if (claims['azp'] === undefined) keys.delete('oaud')
  keys.set('aud', audience)
  return (name) => (name.startsWith(prefix) ? keys.get(name.slice(prefix.length)) : undefined)
}

/** Claims that a session keeps. Source: IAM User Guide, "Available keys for AWS OIDC federation", role session. */
const KEPT_CLAIMS = ['amr', 'aud', 'sub']

/** The condition keys of a token that its session keeps. */
export function sessionTokenKeys(url: string, token: WebToken): Federation {
  const keys = webTokenKeys(url, token)
  return KEPT_CLAIMS.flatMap((claim) => {
    const key = `${url.toLowerCase()}:${claim}`
    const value = keys(key)
    return value === undefined ? [] : [[key, value] as const]
  })
}
