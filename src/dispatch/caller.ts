import type { Principal } from '../policy/decide.ts'

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
}

/**
 * An access key as the caller's account holds it. Two reads of an unchanged key give the same
 * object, so that what is derived from the secret can be kept beside it.
 */
export type Credential = {
  readonly caller: Caller
  readonly secretAccessKey: string
}

/** Finds an active access key; nothing when there is none. */
export type FindCredential = (accessKeyId: string) => Promise<Credential | undefined>
