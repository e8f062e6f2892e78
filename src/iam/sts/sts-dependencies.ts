import type { Random } from '../../base/ports.ts'
import type { TokenSealer } from '../../custody/token-sealer.ts'
import type { Operation } from '../../dispatch/operation.ts'
import type { Records } from '../../store/records.ts'
import type { Attempts } from '../credentials/attempts.ts'
import type { Oidc } from '../sessions/oidc.ts'

/** What the operations of STS work with. */
export type StsDependencies = {
  readonly records: Records
  readonly random: Random
  readonly sealer: TokenSealer
  readonly oidc: Oidc
  readonly attempts: Attempts
}

/** An operation of STS, ready but for its dependencies. */
export type StsOperation = (dependencies: StsDependencies) => Operation
