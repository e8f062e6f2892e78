import { KMS_OPERATION_NAMES } from '../api/operations.ts'
import type { CalledService } from '../api/services.ts'

/** A quota on the rate of calls of a kind: so many per second, for each region. */
export type RateQuota = {
  readonly name: string
  readonly unit: 'a second'
  readonly about: string
  readonly aws: number
  /** AWS publishes no such quota. */
  readonly isOurs?: true
  readonly byDefault: number
  readonly min: number
  readonly max: number
}

/** A rate that only a runaway loop reaches, and no normal traffic. */
const BY_DEFAULT = 10_000
/** The same for frequent calls: those of which AWS allows {@link OFTEN} and more. */
const OFTEN_BY_DEFAULT = 100_000
const OFTEN = 1000
/** More than a machine can do. */
const RATE_MAX = 1_000_000

/**
 * Calls that share a rate, with the quota at AWS in most regions. Source: AWS KMS Developer Guide, "Request
 * quotas"; IAM User Guide, "IAM and AWS STS quotas". Those of {@link OURS} are Holdfast's.
 */
const SHARED: readonly (readonly [name: string, about: string, aws: number])[] = [
  ['kms.symmetric', 'cryptographic calls with symmetric and HMAC keys, and GenerateRandom', 10_000],
  ['kms.rsa', 'cryptographic calls with RSA keys', 1000],
  ['kms.ecc', 'cryptographic calls with elliptic curve and SM2 keys', 1000],
  ['kms.ml-dsa', 'cryptographic calls with ML-DSA keys', 1000],
  ['kms.ml-kem', 'cryptographic calls with ML-KEM keys', 1000],
  ['kms.custom-key-store', 'cryptographic calls with the keys of one custom key store', 1800],
  ['iam.calls', 'calls of IAM', 100],
  ['sts.calls', 'calls of STS that are signed', 600],
  ['cloudtrail.calls', 'calls of CloudTrail', 10],
  ['holdfast.calls', 'calls of the usage API', 10],
]

/**
 * The kinds of pairs that GenerateDataKeyPair and GenerateDataKeyPairWithoutPlaintext make. Source: the same.
 */
const PAIRS: Readonly<Record<string, number>> = {
  RSA_2048: 20,
  RSA_3072: 4,
  RSA_4096: 1,
  ECC_NIST_P256: 100,
  ECC_NIST_P384: 100,
  ECC_NIST_P521: 100,
  ECC_SECG_P256K1: 100,
  ECC_NIST_EDWARDS25519: 100,
  SM2: 25,
  ML_KEM_512: 100,
  ML_KEM_768: 100,
  ML_KEM_1024: 100,
}

/** Quotas that AWS does not publish. */
const OURS: ReadonlySet<string> = new Set([
  ...['kms.ml-kem', 'iam.calls', 'holdfast.calls'],
  ...['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'].map(pairName),
])

/** Operations of KMS with a rate of their own. Source: the same. */
const OWN: Readonly<Record<string, number>> = {
  CancelKeyDeletion: 5,
  ConnectCustomKeyStore: 5,
  CreateAlias: 5,
  CreateCustomKeyStore: 5,
  CreateGrant: 50,
  CreateKey: 5,
  DeleteAlias: 15,
  DeleteCustomKeyStore: 5,
  DeleteImportedKeyMaterial: 15,
  DescribeCustomKeyStores: 5,
  DescribeKey: 2000,
  DisableKey: 5,
  DisableKeyRotation: 5,
  DisconnectCustomKeyStore: 5,
  EnableKey: 5,
  EnableKeyRotation: 15,
  GetKeyLastUsage: 5,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  GetParametersForImport: 1,
  GetPublicKey: 2000,
  ImportKeyMaterial: 15,
  ListAliases: 500,
  ListGrants: 100,
  ListKeyPolicies: 100,
  ListKeyRotations: 100,
  ListKeys: 500,
  ListResourceTags: 2000,
  ListRetirableGrants: 100,
  PutKeyPolicy: 15,
  ReplicateKey: 5,
  RetireGrant: 50,
  RevokeGrant: 50,
  RotateKeyOnDemand: 5,
  ScheduleKeyDeletion: 15,
  TagResource: 10,
  UntagResource: 5,
  UpdateAlias: 5,
  UpdateCustomKeyStore: 5,
  UpdateKeyDescription: 5,
  UpdatePrimaryRegion: 5,
}

/** Nearly three times what 4,000 calls per second write, with 1.5 KB each. */
const AUDIT_BYTES_BY_DEFAULT = 16_777_216

/**
 * The bytes that calls of an account may write to the audit log; AWS has no such quota, so `aws` is the
 * default.
 */
export const AUDIT_BYTES: RateQuota = {
  name: 'audit.bytes',
  unit: 'a second',
  about: 'bytes that calls write to the audit log, in all regions together',
  aws: AUDIT_BYTES_BY_DEFAULT,
  isOurs: true,
  byDefault: AUDIT_BYTES_BY_DEFAULT,
  min: 1024,
  max: 1_073_741_824,
}

/** Every quota on a rate, by name. */
export const RATES: ReadonlyMap<string, RateQuota> = new Map(
  [
    ...SHARED.map(([name, about, aws]) => rate(name, about, aws)),
    ...Object.entries(PAIRS).map(([spec, aws]) => rate(pairName(spec), `data key pairs of ${spec}`, aws)),
    ...Object.entries(OWN).map(([name, aws]) => rate(`kms.${name}`, `calls of ${name}`, aws)),
    AUDIT_BYTES,
  ].map((quota) => [quota.name, quota]),
)

function rate(name: string, about: string, aws: number): RateQuota {
  const byDefault = aws < OFTEN ? BY_DEFAULT : OFTEN_BY_DEFAULT
  const facts = { name, unit: 'a second', about, aws, byDefault, min: 1, max: RATE_MAX } as const
  return OURS.has(name) ? { ...facts, isOurs: true } : facts
}

function pairName(spec: string): string {
  return `kms.GenerateDataKeyPair.${spec}`
}

/** The rates that a call is charged to: none, one, or two for ReEncrypt between two kinds of keys. */
export type Charged = readonly RateQuota[]

/** The rates of an operation's calls, by their input; an invalid input has none. */
type ChargedOf = (input: unknown) => Charged

/** The rates that a call is charged to. */
export function chargedOf(service: CalledService, operation: string, input: unknown): Charged {
  switch (service) {
    case 'kms':
      return KMS.get(operation)?.(input) ?? NOTHING
    case 'iam':
      return IAM
    case 'sts':
      return STS
    case 'cloudtrail':
      return CLOUDTRAIL
    case 'holdfast':
      return HOLDFAST
    // The KMS calls that these services make are charged.
    case 's3':
    case 'lambda':
      return NOTHING
  }
}

const NOTHING: Charged = []
const IAM = only('iam.calls')
const STS = only('sts.calls')
const CLOUDTRAIL = only('cloudtrail.calls')
const HOLDFAST = only('holdfast.calls')
const SYMMETRIC = only('kms.symmetric')
const RSA = only('kms.rsa')
const ECC = only('kms.ecc')
const ML_DSA = only('kms.ml-dsa')
const ML_KEM = only('kms.ml-kem')

/**
 * The algorithm of a call shows which kind of key it is for, so a call is charged before its key is looked
 * up. A call for a key of the wrong kind fails and is charged all the same.
 */
const CRYPTOGRAPHIC: Readonly<Record<string, ChargedOf>> = {
  Encrypt: (input) => byAlgorithm(member(input, 'EncryptionAlgorithm')),
  Decrypt: (input) => byAlgorithm(member(input, 'EncryptionAlgorithm')),
  ReEncrypt: (input) =>
    both(
      byAlgorithm(member(input, 'SourceEncryptionAlgorithm')),
      byAlgorithm(member(input, 'DestinationEncryptionAlgorithm')),
    ),
  GenerateDataKey: () => SYMMETRIC,
  GenerateDataKeyWithoutPlaintext: () => SYMMETRIC,
  GenerateMac: () => SYMMETRIC,
  VerifyMac: () => SYMMETRIC,
  GenerateRandom: () => SYMMETRIC,
  Sign: (input) => byAlgorithm(member(input, 'SigningAlgorithm')),
  Verify: (input) => byAlgorithm(member(input, 'SigningAlgorithm')),
  DeriveSharedSecret: () => ECC,
  Encapsulate: () => ML_KEM,
  Decapsulate: () => ML_KEM,
  GenerateDataKeyPair: (input) => byPair(member(input, 'KeyPairSpec')),
  GenerateDataKeyPairWithoutPlaintext: (input) => byPair(member(input, 'KeyPairSpec')),
}

const KMS: ReadonlyMap<string, ChargedOf> = new Map(
  KMS_OPERATION_NAMES.map((name): [string, ChargedOf] => {
    const cryptographic = CRYPTOGRAPHIC[name]
    if (cryptographic !== undefined) return [name, cryptographic]
    const own = only(`kms.${name}`)
    return [name, () => own]
  }),
)

function byAlgorithm(algorithm: string | undefined): Charged {
  if (algorithm === undefined || algorithm.startsWith('SYMMETRIC')) return SYMMETRIC
  if (algorithm.startsWith('RSA')) return RSA
  return algorithm.startsWith('ML_DSA') ? ML_DSA : ECC
}

const BY_PAIR: ReadonlyMap<string, Charged> = new Map(
  Object.keys(PAIRS).map((spec) => [spec, only(pairName(spec))]),
)

function byPair(spec: string | undefined): Charged {
  return BY_PAIR.get(spec ?? '') ?? SYMMETRIC
}

function both(first: Charged, second: Charged): Charged {
  return first === second ? first : [...first, ...second]
}

function only(name: string): Charged {
  const quota = RATES.get(name)
  return quota === undefined ? [] : [quota]
}

function member(input: unknown, name: string): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  const value: unknown = Reflect.get(input, name)
  return typeof value === 'string' ? value : undefined
}
