import { keyArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import { boolean, type Input, type Members, oneOf, optional, pattern, text } from '../../api/shapes.ts'
import { MATERIAL_PREFIX_DIGITS } from '../../custody/blob.ts'
import type { Call, Outcome } from '../../dispatch/operation.ts'
import { defaultKeyPolicy } from '../../policy/key-policy.ts'
import { insert, type Stored } from '../../store/records.ts'
import { accountOperation } from '../account-operation.ts'
import { entriesContext } from '../context.ts'
import { currentDomainKey } from '../domain-key.ts'
import { checkKeyPolicy, POLICY_TEXT } from '../key-policy.ts'
import { KEY, KEY_OWNER, type KeyValue, MATERIAL, materialPartition, partitionOf } from '../key-record.ts'
import { keyOf } from '../keys.ts'
import { eventMetadata, keyMetadata } from '../metadata.ts'
import type { KmsParts } from '../parts.ts'
import { mergeTags, parseTags, requestTagKeys, TAG_LIST } from '../tags.ts'

const OLDER_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SYMMETRIC_DEFAULT',
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'SM2',
] as const

const SPECS = [
  ...OLDER_SPECS,
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ECC_NIST_EDWARDS25519',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
] as const

const INPUT = {
  Policy: optional(POLICY_TEXT),
  Description: optional(text({ max: 8192 })),
  KeyUsage: optional(
    oneOf(
      'SIGN_VERIFY',
      'ENCRYPT_DECRYPT',
      'GENERATE_VERIFY_MAC',
      'KEY_AGREEMENT',
      'ENCAPSULATE_DECAPSULATE',
    ),
  ),
  CustomerMasterKeySpec: optional(oneOf(...OLDER_SPECS)),
  KeySpec: optional(oneOf(...SPECS)),
  Origin: optional(oneOf('AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE')),
  CustomKeyStoreId: optional(text({ min: 1, max: 64 })),
  BypassPolicyLockoutSafetyCheck: optional(boolean()),
  Tags: optional(TAG_LIST),
  MultiRegion: optional(boolean()),
  XksKeyId: optional(text({ min: 1, max: 128, pattern: pattern('^[a-zA-Z0-9-_.]+$') })),
} satisfies Members

type CreateKeyInput = Input<typeof INPUT>

/** Makes a KMS key. Source: AWS KMS API Reference, "CreateKey". */
export const createKey = accountOperation(
  {
    name: 'CreateKey',
    readOnly: false,
    input: INPUT,
    alsoNeeds: (input) => (input.Tags !== undefined && input.Tags.length > 0 ? ['TagResource'] : []),
    context: (input) =>
      requestTagKeys(
        input.Tags,
        entriesContext({
          'kms:keyspec': specOf(input),
          'kms:customermasterkeyspec': specOf(input),
          'kms:keyusage': usageOf(input),
          'kms:customermasterkeyusage': usageOf(input),
          'kms:keyorigin': input.Origin ?? 'AWS_KMS',
          'kms:multiregion': String(input.MultiRegion ?? false),
          'kms:bypasspolicylockoutsafetycheck': input.BypassPolicyLockoutSafetyCheck?.toString(),
        }),
      ),
    checkInput,
    parameters: (input) => ({
      Description: '',
      Origin: 'AWS_KMS',
      KeySpec: specOf(input),
      CustomerMasterKeySpec: specOf(input),
      KeyUsage: usageOf(input),
      MultiRegion: false,
      BypassPolicyLockoutSafetyCheck: false,
      ...input,
    }),
  },
  ({ call, input, parts }) => create(call, input, parts),
)

function specOf(input: CreateKeyInput): string {
  return input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
}

function usageOf(input: CreateKeyInput): string {
  return input.KeyUsage ?? 'ENCRYPT_DECRYPT'
}

function checkInput(input: CreateKeyInput): void {
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined) {
    throw invalid(BOTH_SPECS)
  }
  const spec = specOf(input)
  if (spec === 'SYMMETRIC_DEFAULT') {
    if (usageOf(input) !== 'ENCRYPT_DECRYPT') {
      throw invalid(`KeyUsage ${usageOf(input)} is not compatible with KeySpec ${spec}`)
    }
  } else if (input.KeyUsage === undefined) {
    throw invalid('You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.')
  } else {
    throw unsupported(`KeySpec ${spec} is not supported.`)
  }
  if (input.Origin !== undefined && input.Origin !== 'AWS_KMS') {
    throw unsupported(`Origin ${input.Origin} is not supported.`)
  }
  if (input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined) {
    throw unsupported('Custom key stores are not supported.')
  }
  if (input.MultiRegion === true) throw unsupported('Multi-Region keys are not supported.')
}

const BOTH_SPECS =
  'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.'

function invalid(message: string): KmsError {
  return new KmsError('ValidationException', message)
}

function unsupported(message: string): KmsError {
  return new KmsError('UnsupportedOperationException', message)
}

async function create(call: Call, input: CreateKeyInput, parts: KmsParts): Promise<Outcome> {
  const { account } = call.caller
  const { region, now } = call
  const tags = mergeTags([], parseTags(input.Tags ?? []))
  const policy = input.Policy ?? defaultKeyPolicy(account)
  const keyId = parts.random.uuid()
  let principalIds: KeyValue['principalIds']
  if (input.Policy !== undefined) {
    const bypassLockoutCheck = input.BypassPolicyLockoutSafetyCheck ?? false
    const arn = keyArn(region, account, keyId)
    principalIds = await checkKeyPolicy(
      { text: policy, bypassLockoutCheck, call, context: call.context, keyArn: arn },
      parts,
    )
  }
  const domainKeyId = await currentDomainKey(parts, account, region, now)
  const { materialId, wrapped } = await parts.custody.createMaterial({ account, region }, keyId, domainKeyId)
  const value: KeyValue = {
    format: 1,
    createdAt: now,
    description: input.Description ?? '',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion: false,
    state: 'Enabled',
    policy,
    ...(principalIds && { principalIds }),
    tags,
    aliases: [],
    materialId,
  }
  const partition = partitionOf(account, region)
  const record: Stored<KeyValue> = { kind: KEY.name, partition, name: keyId, version: 1, value }
  const key = keyOf(record, account, region)
  call.involve({ account, arn: key.arn })
  const material = { format: 1 as const, materialId, ...wrapped, createdAt: now }
  const materialName = materialId.slice(0, MATERIAL_PREFIX_DIGITS)
  return {
    output: { KeyMetadata: keyMetadata(key) },
    changes: [
      insert(KEY, partition, keyId, value),
      insert(KEY_OWNER, region, keyId, { format: 1, account }),
      insert(MATERIAL, materialPartition(account, region, keyId), materialName, material),
    ],
    event: { response: { keyMetadata: eventMetadata(key) } },
  }
}
