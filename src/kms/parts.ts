import type { Random } from '../base/ports.ts'
import type { Custody } from '../custody/custody.ts'
import type { GrantTokens } from '../custody/grant-token.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Records } from '../store/records.ts'

/** What the operations of this service work with. */
export type KmsParts = {
  readonly records: Records
  readonly custody: Custody
  readonly random: Random
  /** The regions that have SM2 keys. */
  readonly sm2Regions: ReadonlySet<string>
  /**
   * Whether a principal of a policy exists: an account, user or role by its ARN. Services and `*`
   * are not asked about.
   */
  readonly principalExists: (arn: string) => Promise<boolean>
  /** The unique id of a user, role or role session that exists; accounts have none. */
  readonly principalId: (arn: string) => Promise<string | undefined>
  readonly grantTokens: GrantTokens
}

/** An operation of this service, ready but for its parts. */
export type KmsOperation = (parts: KmsParts) => Operation
