import type { EpochMs } from '../base/ports.ts'
import type { Caller } from '../dispatch/caller.ts'
import type { FunctionPlace, Tag } from './function-record.ts'

/** An execution role as it is now. */
export type ExecutionRole = {
  readonly account: string
  readonly arn: string
  readonly id: string
  readonly tags: readonly Tag[]
  /** Whether its trust policy lets Lambda assume it for a function. */
  readonly trusts: (place: FunctionPlace) => Promise<boolean>
}

/** The session of an execution role that Lambda has made. */
export type RoleSession = {
  readonly caller: Caller
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: EpochMs
}

/** The roles of accounts, as Lambda needs them. */
export type Roles = {
  /** Nothing for what names no role that exists. */
  readonly find: (arn: string) => Promise<ExecutionRole | undefined>
  /** Assumes a role as the service, which is recorded. */
  readonly assume: (role: ExecutionRole, place: FunctionPlace) => Promise<RoleSession>
}
