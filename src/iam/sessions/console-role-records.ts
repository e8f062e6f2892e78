import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind } from '../../store/records.ts'
import type { RoleClaims } from './session-token.ts'

/**
 * A role's session of the web console, which somebody has begun with an OpenID provider. Partition: the account; name: a random
 * UUID. It exists from sign-in to sign-out, and its temporary credentials are valid only while it exists.
 */
export type ConsoleRoleSessionValue = Pick<
  RoleClaims,
  'roleId' | 'name' | 'tags' | 'transitive' | 'sourceIdentity' | 'provider' | 'federation'
> & {
  readonly format: 1
  /** The same for all credentials of the session, so that its first event tells how it began. */
  readonly accessKeyId: string
  /** SHA-256 of the cookie that the browser holds, in hexadecimal digits. */
  readonly cookieHash: string
  readonly startedAt: number
  /** The end of renewals. */
  readonly endsAt: number
}

/** The kind of these records. A kind of its own: earlier releases find no session, rather than one of the root user. */
export const CONSOLE_ROLE_SESSION: Kind<ConsoleRoleSessionValue> = kindOfFormat1('console-role-session')
