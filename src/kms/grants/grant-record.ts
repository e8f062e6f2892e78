import { kindOfFormat1 } from '../../store/kind.ts'
import type { Kind } from '../../store/records.ts'
import type { KeyPlace } from '../keys/key-materials.ts'
import { partitionOf } from '../keys/key-record.ts'

/** Every operation that a grant can list. Source: the service model. */
export const GRANT_OPERATIONS = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
  'Encapsulate',
  'Decapsulate',
] as const
/** An operation that a grant can list. */
export type GrantOperation = (typeof GRANT_OPERATIONS)[number]

const GRANTABLE: ReadonlySet<string> = new Set(GRANT_OPERATIONS)

/** Whether a grant can list an operation, by its name without prefix. */
export function isGrantOperation(name: string): name is GrantOperation {
  return GRANTABLE.has(name)
}

/** The grantee of a grant, or the principal that may retire it. */
export type GrantParty =
  | {
      readonly type: 'principal'
      /** The ARN of an account root, user, role or session. */
      readonly arn: string
      /** The unique id that the principal had when the grant was made; accounts have none. */
      readonly id?: string
    }
  | {
      readonly type: 'service'
      /** `s3.amazonaws.com` and the like. */
      readonly name: string
    }

/** Pairs of an encryption context. */
export type Pairs = readonly (readonly [name: string, value: string])[]

/** The constraints of a grant. */
export type GrantConstraints = {
  /** The encryption context must be these pairs. */
  readonly equals?: Pairs
  /** It must have these pairs. */
  readonly subset?: Pairs
  /** The call must be made on behalf of this resource. */
  readonly sourceArn?: string
}

/** The terms of a grant. They never change. */
export type GrantTerms = {
  readonly name?: string
  readonly grantee: GrantParty
  readonly retiring?: GrantParty
  /** The account that made it: 12 digits. */
  readonly issuingAccount: string
  /** In the given order, each once. */
  readonly operations: readonly GrantOperation[]
  readonly constraints: GrantConstraints
}

/** A grant. Partition: `<account>/<region>/<key id>`; name: the grant id, 64 hexadecimal digits. */
export type GrantValue = GrantTerms & { readonly format: 1; readonly createdAt: number }

/** The kind of grants. */
export const GRANT: Kind<GrantValue> = kindOfFormat1('grant')

/**
 * The ids of a grantee's grants on a key, in chunks that are full except the last. Partition: that of the
 * key's grants; name: `<chunk>/<party name>`, chunks counted from 0.
 */
export type GranteeChunkValue = {
  readonly format: 1
  readonly grantIds: readonly string[]
  /** In chunk 0: how many ids all chunks have. */
  readonly total?: number
}

/** The kind of these chunks. */
export const GRANTEE_CHUNK: Kind<GranteeChunkValue> = kindOfFormat1('grantee-chunk')

/**
 * A grant that a party may retire. Partition: `<region>/<party name>`; name: `<account>/<key id>/<grant id>`.
 */
export type RetirableValue = {
  readonly format: 1
  readonly account: string
  readonly keyId: string
  readonly grantId: string
}

/** The kind of these records. */
export const RETIRABLE_GRANT: Kind<RetirableValue> = kindOfFormat1('retirable-grant')

/**
 * The grant that a named request has made. Partition: that of the key's grants; name: all its terms.
 */
export const NAMED_GRANT: Kind<{ readonly format: 1; readonly grantId: string }> =
  kindOfFormat1('named-grant')

/** The partition of a key's grants. */
export function grantPartition({ account, region, keyId }: KeyPlace): string {
  return `${partitionOf(account, region)}/${keyId}`
}
