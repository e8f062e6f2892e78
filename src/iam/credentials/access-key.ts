import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind } from '../../store/records.ts'

/** An access key. Partition: {@link ACCESS_KEYS}; name: the access key id. */
export type AccessKeyValue = {
  readonly format: 1
  readonly account: string
  /** Its principal: the account's root user, or a user by its unique id. */
  readonly principal: 'root' | { readonly user: string }
  readonly secretAccessKey: string
  readonly createdAt: number
  readonly status: 'Active' | 'Inactive'
}

/** The kind of access keys. */
export const ACCESS_KEY: Kind<AccessKeyValue> = kindOfFormat1('access-key')

/** The one partition of access keys: an id is unique in the whole deployment. */
export const ACCESS_KEYS = 'all'
