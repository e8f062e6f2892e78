import type { EpochMs } from '../base/ports.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { Levels, Policies, Principal } from '../policy/decide.ts'

/** An account's place in the organization; empty for an account in none. */
export type AccountPlace = {
  /** `o-…`. */
  readonly organizationId?: string
  /** The one path that leads to the account: `o-…/r-…/ou-…/`. */
  readonly paths?: readonly string[]
  /** The service control policies of its principals, and the resource control policies of its resources. */
  readonly scps?: Levels
  readonly rcps?: Levels
}

/** Finds an account's present place; synchronously when the cache has it. */
export type FindPlace = (account: string) => AccountPlace | Promise<AccountPlace>

/** The policies that limit and allow a caller, whatever the resource. */
export type CallerPolicies = Pick<Policies, 'identity' | 'boundary' | 'session' | 'scps'> & {
  /** The place of the caller's account, which has the service control policies. */
  readonly place?: AccountPlace
}

/** The caller of a call whose signature is verified. */
export type Caller = {
  /** 12 digits. */
  readonly account: string
  /** The principal's ARN as messages and audit records show it. */
  readonly arn: string
  readonly accessKeyId: string
  readonly principal: Principal
  /** The `userIdentity` of audit records as JSON text. */
  readonly identityJson: string
  /** Condition keys of the caller: `aws:PrincipalArn`, `aws:username` and the like. */
  readonly keys: ContextLookup
  /** Of a session with MFA: when the code of the device was verified. */
  readonly mfaAt?: EpochMs
  /** Whether a session of the web console calls. */
  readonly isConsole?: boolean
  /** The service that calls on the caller's behalf: `s3` and the like. */
  readonly via?: string
  /** The caller's present policies; synchronously when the cache has them. */
  readonly policies: () => CallerPolicies | Promise<CallerPolicies>
}

/**
 * An access key as the caller's account holds it. Two reads of an unchanged key return the same object, so
 * the verifier can cache what it derives from the secret beside it.
 */
export type Credential = {
  readonly caller: Caller
  readonly secretAccessKey: string
  /** When a session ends. */
  readonly expiresAt?: EpochMs
  /** For a session of the web console: SHA-256, in hexadecimal digits, of the cookie that each call must bring. */
  readonly cookieHash?: string
  /** Services that refuse this credential. */
  readonly closedServices?: ReadonlySet<string>
  /** Notes the use of the credential by a call. */
  readonly used?: (at: EpochMs, region: string, service: string) => void
}

/** The credential that a request names. */
export type NamedCredential = {
  readonly accessKeyId: string
  /** Of a session. */
  readonly securityToken: string | undefined
}

/** Finds an active access key, or a session that is not revoked; returns nothing when there is none. */
export type FindCredential = (named: NamedCredential) => Promise<Credential | undefined>
