import type { Random } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import type { Custody } from '../custody/custody.ts'
import type { GrantTokens } from '../custody/grant-token.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Tokens } from '../pkcs11/tokens.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import type { Records } from '../store/records.ts'
import type { XksClient } from '../xks/client/client.ts'
import type { PrincipalNames } from './grants/grant-party.ts'
import type { OpenedGrants } from './grants/opened-grants.ts'
import type { KeyCounter } from './keys/key-count.ts'

/** The last successful cryptographic call with a key. */
type LastUsage = {
  readonly operation: string
  /** Whole seconds since 1970. */
  readonly second: number
  readonly eventId: string
  readonly requestId: string
}

/** The index's knowledge of a key's last use; `current`: it has counted everything up to the call. */
export type UsageKnown = { readonly last: LastUsage | undefined; readonly current: boolean }

/** The dependencies of the operations of KMS. */
export type KmsDependencies = PrincipalNames & {
  readonly records: Records
  readonly quotas: Pick<Quotas, 'exceeded' | 'admitStore' | 'limit'>
  readonly keyCounter: KeyCounter
  readonly custody: Custody
  readonly random: Random
  readonly giveWay: GiveWay
  /** The regions that have SM2 keys. */
  readonly sm2Regions: ReadonlySet<string>
  /** Root certificates of attestation documents, in DER; without any, `Recipient` is refused. */
  readonly attestationRoots: readonly Uint8Array[]
  /** Calls the proxies of external key stores. */
  readonly xks: XksClient
  /** The tokens behind key stores of type AWS_CLOUDHSM. */
  readonly tokens: Tokens
  /** @throws when the index of the audit log cannot answer. */
  readonly lastUsage: (account: string, region: string, keyId: string) => Promise<UsageKnown>
  readonly grantTokens: GrantTokens
  readonly openedGrants: OpenedGrants
}

/** An operation of KMS that lacks only its dependencies. */
export type KmsOperation = (dependencies: KmsDependencies) => Operation
