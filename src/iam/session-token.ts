import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import type { Tag } from './records.ts'

/** What every session token says. */
type CommonClaims = {
  readonly version: 1
  readonly account: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly issuedAt: EpochMs
  readonly expiresAt: EpochMs
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
  /** Keys, in lower case, of tags that sessions inherit which are made from this one. */
  readonly transitive: readonly string[]
  readonly sourceIdentity: string | undefined
  /** The identity provider that vouched for whoever assumed the role. */
  readonly provider: string | undefined
}

/** A session that a user, or an account's root user, has made for itself. */
export type OwnClaims = CommonClaims & {
  readonly type: 'own'
  /** The user's unique id; nothing for the root user. */
  readonly userId: string | undefined
  /** The access key that it was made with: without it, the session is none. */
  readonly issuerKeyId: string
}

/** What a session token says. It is sealed, so what it says was said by this deployment. */
export type SessionClaims = RoleClaims | OwnClaims

/** The largest content of a token: far above what limits of sessions allow. */
const CLAIMS_MAX_BYTES = 1_048_576

/** A session token. */
export function sealClaims(sealer: TokenSealer, claims: SessionClaims): string {
  const plaintext = utf8(JSON.stringify(claims))
  const token = sealer.seal(deflateRawSync(plaintext))
  plaintext.fill(0)
  return token
}

/** What a token says; nothing for any text that is no token of this deployment. */
export function parseToken(sealer: TokenSealer, token: string): SessionClaims | undefined {
  const packed = sealer.unseal(token)
  if (packed === undefined) return undefined
  const plaintext = inflateRawSync(packed, { maxOutputLength: CLAIMS_MAX_BYTES })
  return JSON.parse(fromUtf8(plaintext)) as SessionClaims
}

/**
 * The size that policies and tags of a session may have, packed. AWS keeps its packed format, and so its limit, to
 * itself; this one keeps tokens below 8 KiB, which leaves room for them in the headers of a request.
 */
const PACKED_MAX_BYTES = 4096

/** How much of the room for policies and tags they take, in percent; beyond 100 they are too large. */
export function packedPercent(parts: Pick<RoleClaims, 'policy' | 'policyArns' | 'tags'>): number {
  const { policy, policyArns, tags } = parts
  const { length } = deflateRawSync(utf8(JSON.stringify([policy, policyArns, tags])))
  return Math.ceil((100 * length) / PACKED_MAX_BYTES)
}
