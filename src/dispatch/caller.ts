import type { EpochMs } from '../base/ports.ts'
import type { ContextLookup } from '../policy/context.ts'
import type { Levels, Policies, Principal } from '../policy/decide.ts'

/** Where an account is in the organization; nothing of it for one that is in none. */
export type AccountPlace = {
  /** `o-…`. */
  readonly organizationId?: string
  /** The one path that leads to it: `o-…/r-…/ou-…/`. */
  readonly paths?: readonly string[]
  /** The service control policies that bind its principals, and the resource control policies of what it has. */
  readonly scps?: Levels
  readonly rcps?: Levels
}

/** Finds an account's place as it is now; at once where memory holds it. */
export type FindPlace = (account: string) => AccountPlace | Promise<AccountPlace>

/** The policies that limit and allow a caller, whatever the resource. */
export type CallerPolicies = Pick<Policies, 'identity' | 'boundary' | 'session' | 'scps'> & {
  /** The place of the caller's account, of which the service control policies are. */
  readonly place?: AccountPlace
}

/** Who makes a call, once its signature has been verified. */
export type Caller = {
  /** 12 digits. */
  readonly account: string
  /** The principal's ARN as messages and audit records show it. */
  readonly arn: string
  readonly accessKeyId: string
  readonly principal: Principal
  /** The `userIdentity` of audit records as JSON text. */
  readonly identityJson: string
  /** Condition keys of who calls: `aws:PrincipalArn`, `aws:username` and the like. */
  readonly keys: ContextLookup
  /** The service that calls on the caller's behalf: `s3` and the like. */
  readonly via?: string
  /** The caller's policies as they are now; at once where memory holds them. */
  readonly policies: () => CallerPolicies | Promise<CallerPolicies>
}

/**
 * An access key as the caller's account holds it. Two reads of an unchanged key give the same
 * object, so that what is derived from the secret can be kept beside it.
 */
export type Credential = {
  readonly caller: Caller
  readonly secretAccessKey: string
  /** Of a session: when it ends. */
  readonly expiresAt?: EpochMs
  /** Services that it cannot be used for. */
  readonly closedServices?: ReadonlySet<string>
  /** Notes that a call was made with it. */
  readonly used?: (at: EpochMs, region: string, service: string) => void
}

/** What a request names as its credentials. */
export type NamedCredential = {
  readonly accessKeyId: string
  /** Of a session. */
  readonly securityToken: string | undefined
}

/** Finds an active access key, or a session that was not revoked; nothing when there is none. */
export type FindCredential = (named: NamedCredential) => Promise<Credential | undefined>
