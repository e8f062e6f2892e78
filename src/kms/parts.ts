import type { Random } from '../base/ports.ts'
import type { Custody } from '../custody/custody.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Records } from '../store/records.ts'

/** What the operations of this service work with. */
export type KmsParts = {
  readonly records: Records
  readonly custody: Custody
  readonly random: Random
  /**
   * Whether a principal of a policy exists: an account, user or role by its ARN. Services and `*`
   * are not asked about.
   */
  readonly principalExists: (arn: string) => Promise<boolean>
  /** The unique id of a user, role or role session that exists; accounts have none. */
  readonly principalId: (arn: string) => Promise<string | undefined>
}

/** An operation of this service, ready but for its parts. */
export type KmsOperation = (parts: KmsParts) => Operation
