import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { parseJsonText } from '../../base/json-text.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import type { Tag } from '../iam-records.ts'

/** The claims of every session token. */
type CommonClaims = {
  readonly version: 1 | 2 | 3 | 4
  readonly account: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly issuedAt: EpochMs
  readonly expiresAt: EpochMs
  /** When the code of an MFA device was verified: from version 3 on. Nothing for a session without MFA. */
  readonly mfaAt?: EpochMs | undefined
}

/** A session of a role. */
export type RoleClaims = CommonClaims & {
  readonly type: 'role'
  /** The role's unique id. */
  readonly roleId: string
  readonly name: string
  /** The inline session policy, and the managed ones. */
  readonly policy: string | undefined
  readonly policyArns: readonly string[]
  readonly tags: readonly Tag[]
  /** Keys, in lower case, of tags that the sessions made from this one inherit. */
  readonly transitive: readonly string[]
  readonly sourceIdentity: string | undefined
  /** The identity provider that vouched for the caller. */
  readonly provider: string | undefined
  /** The provider's claims, by condition key in lower case: from version 2 on. */
  readonly federation?: Federation | undefined
  /** For a session of the web console, from version 4 on. Earlier releases refuse the token. */
  readonly console?: ConsoleBinding | undefined
}

/** What binds a role's session to the web console. */
export type ConsoleBinding = {
  /** The record of the session: see `console-role-records.ts`. */
  readonly sessionId: string
  /** SHA-256, in hexadecimal digits, of the cookie that each call must bring. */
  readonly cookieHash: string
}

/** Condition keys and values that a session keeps of the token that it was made with. */
export type Federation = readonly (readonly [key: string, value: string | readonly string[]])[]

/** A session that a user, or an account's root user, has made for itself. */
export type OwnClaims = CommonClaims & {
  readonly type: 'own'
  /** The user's unique id; nothing for the root user. */
  readonly userId: string | undefined
  /** The access key that it was made with: without it, the session is invalid. */
  readonly issuerKeyId: string
}

/**
 * A session that a user, or an account's root user, has made for another: from version 2 on. Its members have
 * names of their own, so that a release that does not know it finds no access key for it.
 */
export type FederatedClaims = CommonClaims & {
  readonly type: 'federated'
  /** The unique id of the user who made it; nothing for the root user. */
  readonly makerId: string | undefined
  /** The access key that it was made with: without it, the session is invalid. */
  readonly makerKeyId: string
  readonly name: string
  /** The inline session policy, and the managed ones. */
  readonly policy: string | undefined
  readonly policyArns: readonly string[]
  readonly tags: readonly Tag[]
}

/**
 * The claims of a web console session: from version 3 on. The members have names of their own, so that a release that
 * does not know them finds no access key for them.
 */
export type ConsoleClaims = CommonClaims & {
  readonly type: 'console'
  /** The record of the session: see `console-records.ts`. */
  readonly consoleSessionId: string
  /** The unique id of the user who signed in; nothing for the root user. */
  readonly consoleUserId: string | undefined
  /** SHA-256, in hexadecimal digits, of the cookie that each call must bring. */
  readonly cookieHash: string
}

/** The claims of a session token. It is sealed, so this deployment has written it. */
export type SessionClaims = RoleClaims | OwnClaims | FederatedClaims | ConsoleClaims

/** The largest content of a token: far above what the limits of sessions allow. */
const CLAIMS_MAX_BYTES = 1_048_576

const VERSIONS: ReadonlySet<number> = new Set([1, 2, 3, 4])

/** A session token. */
export function sealClaims(sealer: TokenSealer, claims: SessionClaims): string {
  const plaintext = utf8(JSON.stringify(claims))
  const token = sealer.seal(deflateRawSync(plaintext))
  plaintext.fill(0)
  return token
}

/** Returns the claims of a token; nothing for a text that this deployment has not sealed. */
export function parseToken(sealer: TokenSealer, token: string): SessionClaims | undefined {
  const packed = sealer.unseal(token)
  if (packed === undefined) return undefined
  const claims = parseClaims(fromUtf8(inflateRawSync(packed, { maxOutputLength: CLAIMS_MAX_BYTES })))
  return VERSIONS.has(claims.version) ? claims : undefined
}

/** Parses claims that this deployment has sealed, in one of the versions. */
function parseClaims(text: string): SessionClaims {
  return parseJsonText(text) as SessionClaims
}

/**
 * The largest packed size of a session's policies and tags. AWS does not publish its packed format, so
 * neither its limit. This one keeps tokens below 8 KiB, which leaves room for them in the headers of a
 * request.
 */
const PACKED_MAX_BYTES = 4096

/** The share of that size that policies and tags take, in percent; beyond 100 they are too large. */
export function packedPercent(parts: Pick<RoleClaims, 'policy' | 'policyArns' | 'tags'>): number {
  const { policy, policyArns, tags } = parts
  return Math.ceil((100 * packedBytes([policy, policyArns, tags])) / PACKED_MAX_BYTES)
}

/** The bytes that a value takes in a token. */
export function packedBytes(value: unknown): number {
  return deflateRawSync(utf8(JSON.stringify(value))).length
}
