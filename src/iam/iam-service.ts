import type { Clock, EpochMs, Random } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import { Passwords } from '../custody/passwords.ts'
import type { TokenSealer } from '../custody/token-sealer.ts'
import type { FindCredential } from '../dispatch/caller.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import type { Records } from '../store/records.ts'
import { Attempts } from './credentials/attempts.ts'
import { credentialFinder } from './credentials/credentials.ts'
import type { KeyUses } from './credentials/key-uses.ts'
import { IAM_OPERATIONS } from './iam-operations.ts'
import { Oidc, type OidcDependencies } from './sessions/oidc.ts'
import { Sessions } from './sessions/session-credentials.ts'
import { countSignIn, type SignInSource } from './sign-in/counted-sign-in.ts'
import {
  type PasskeyRequest,
  type PasskeySignInResult,
  type PasskeyUse,
  passkeyRequest,
  signInByPasskey,
} from './sign-in/passkey-sign-in.ts'
import {
  type PasswordSignIn,
  type PasswordSignInResult,
  signInByPassword,
} from './sign-in/password-sign-in.ts'
import { rolesOfWebIdentity, type TrustingRole, type WebIdentity } from './sign-in/web-identity-sign-in.ts'
import { STS_OPERATIONS } from './sts/sts-operations.ts'

/** The dependencies of IAM and STS. */
export type IamServiceDependencies = Omit<OidcDependencies, 'clock'> & {
  readonly records: Records
  readonly quotas: Pick<Quotas, 'exceeded' | 'limit'>
  readonly clock: Clock
  readonly random: Random
  readonly sealer: TokenSealer
  readonly keyUses: KeyUses
  readonly giveWay: GiveWay
  /** Seals what browsers keep during a sign-in. */
  readonly signInSealer: TokenSealer
}

/** IAM and STS: their operations, and the callers of all services. */
export type IamService = {
  readonly operations: readonly Operation[]
  readonly findCredential: FindCredential
  /** One step of a sign-in of a user: see `sign-in/password-sign-in.ts`. */
  readonly signInByPassword: (input: PasswordSignIn) => Promise<PasswordSignInResult>
  /** A challenge for a sign-in with a passkey alone, and that sign-in: see `sign-in/passkey-sign-in.ts`. */
  readonly passkeyRequest: (now: EpochMs) => PasskeyRequest
  readonly signInByPasskey: (use: PasskeyUse) => Promise<PasskeySignInResult>
  /** The roles to which an ID token signs in: see `sign-in/web-identity-sign-in.ts`. */
  readonly rolesOfWebIdentity: (identity: WebIdentity) => Promise<readonly TrustingRole[]>
  /** Counts a failed sign-in of an address: see `sign-in/counted-sign-in.ts`. */
  readonly countSignIn: <T>(source: SignInSource, step: () => Promise<T>) => Promise<T>
}

/** IAM and STS, with these dependencies. */
export function openIamService(dependencies: IamServiceDependencies): IamService {
  const { records, sealer, signInSealer, giveWay } = dependencies
  const oidc = new Oidc(dependencies)
  const attempts = new Attempts(dependencies.clock)
  const passwords = new Passwords(dependencies.random)
  return {
    operations: [
      ...IAM_OPERATIONS.map((operation) => operation({ ...dependencies, attempts, passwords })),
      ...STS_OPERATIONS.map((operation) => operation({ ...dependencies, oidc, attempts })),
    ],
    findCredential: credentialFinder({
      ...dependencies,
      sessions: new Sessions({ records, sealer, giveWay }),
    }),
    signInByPassword: (input) => signInByPassword({ records, attempts, passwords, signInSealer }, input),
    passkeyRequest: (now) => passkeyRequest({ records, signInSealer }, now),
    signInByPasskey: (use) => signInByPasskey({ records, signInSealer }, use),
    rolesOfWebIdentity: (identity) => rolesOfWebIdentity({ records, oidc, giveWay }, identity),
    countSignIn: (source, step) => countSignIn(attempts, source, step),
  }
}
