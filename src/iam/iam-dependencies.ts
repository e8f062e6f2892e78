import type { Clock, Random } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import type { Passwords } from '../custody/passwords.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import type { Records } from '../store/records.ts'
import type { Attempts } from './credentials/attempts.ts'
import type { KeyUses } from './credentials/key-uses.ts'

/** The dependencies of the operations of IAM. */
export type IamDependencies = {
  readonly records: Records
  readonly quotas: Pick<Quotas, 'exceeded' | 'limit'>
  readonly random: Random
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly keyUses: KeyUses
  readonly giveWay: GiveWay
  readonly passwords: Passwords
  readonly attempts: Attempts
}

/** An operation of IAM that lacks only its dependencies. */
export type IamOperation = (dependencies: IamDependencies) => Operation
