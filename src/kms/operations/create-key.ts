import { keyArn } from '../../api/arn.ts'
import {
  KEY_ORIGINS,
  KEY_SPEC_NAMES,
  KEY_USAGES,
  type KeyOrigin,
  OLDER_KEY_SPECS,
} from '../../api/key-specs.ts'
import {
  always,
  boolean,
  type Input,
  type Members,
  oneOf,
  optional,
  pattern,
  text,
} from '../../api/shapes.ts'
import type { NewKeyMaterial } from '../../custody/custody.ts'
import type { KeyRef } from '../../custody/key-material.ts'
import type { Call, EventData } from '../../dispatch/operation.ts'
import { tokenKeyId } from '../../pkcs11/token-names.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { accountOperation } from '../account-operation.ts'
import { storeEventData } from '../key-stores/custom-key-store.ts'
import { checkStoreMembers, findStorePlace } from '../key-stores/store-key.ts'
import { currentKek } from '../keys/kek.ts'
import { entriesContext } from '../keys/key-context.ts'
import { asCurrent, insertKeyMaterial } from '../keys/key-materials.ts'
import { newKeyPolicy, POLICY_TEXT } from '../keys/key-policy.ts'
import type { KeyValue } from '../keys/key-record.ts'
import { checkKind, kindOf } from '../keys/key-rules.ts'
import { mergeTags, parseTags, requestTagKeys, TAG_LIST } from '../keys/key-tags.ts'
import { eventMetadata, keyMetadata } from '../keys/metadata.ts'
import { insertKey, newKey } from '../keys/new-key.ts'
import { newKeyLockoutRisk } from '../keys/policy-lockout.ts'
import { KEY_METADATA_ANSWER } from '../kms-answers.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

const INPUT = {
  Policy: optional(POLICY_TEXT),
  Description: optional(text({ max: 8192 })),
  KeyUsage: optional(oneOf(...KEY_USAGES)),
  CustomerMasterKeySpec: optional(oneOf(...OLDER_KEY_SPECS)),
  KeySpec: optional(oneOf(...KEY_SPEC_NAMES)),
  Origin: optional(oneOf(...KEY_ORIGINS)),
  CustomKeyStoreId: optional(text({ min: 1, max: 64 })),
  BypassPolicyLockoutSafetyCheck: optional(boolean()),
  Tags: optional(TAG_LIST),
  MultiRegion: optional(boolean()),
  XksKeyId: optional(text({ min: 1, max: 128, pattern: pattern('^[a-zA-Z0-9-_.]+$') })),
} satisfies Members

type CreateKeyInput = Input<typeof INPUT>

/** Creates a KMS key. Source: AWS KMS API Reference, "CreateKey". */
export const createKey = accountOperation(
  {
    name: 'CreateKey',
    readOnly: false,
    input: INPUT,
    output: { KeyMetadata: always(KEY_METADATA_ANSWER) },
    alsoNeeds: (input) => (input.Tags !== undefined && input.Tags.length > 0 ? ['TagResource'] : []),
    context: (input) => requestTagKeys(input.Tags, kindContext(input)),
    checkInput,
    parameters: (input) => ({
      Description: '',
      MultiRegion: false,
      BypassPolicyLockoutSafetyCheck: false,
      ...input,
      ...shownKind(input),
    }),
  },
  ({ call, input, dependencies }) => create(call, input, dependencies),
)

function kindContext(input: CreateKeyInput): ContextLookup {
  const { spec, usage, origin } = kindOf(input)
  return entriesContext({
    'kms:keyspec': spec,
    'kms:customermasterkeyspec': spec,
    'kms:keyusage': usage,
    'kms:customermasterkeyusage': usage,
    'kms:keyorigin': origin,
    'kms:multiregion': String(input.MultiRegion ?? false),
    'kms:multiregionkeytype': input.MultiRegion === true ? 'PRIMARY' : undefined,
    'kms:bypasspolicylockoutsafetycheck': input.BypassPolicyLockoutSafetyCheck?.toString(),
  })
}

function shownKind(input: CreateKeyInput): EventData {
  const { spec, usage, origin } = kindOf(input)
  return { KeySpec: spec, CustomerMasterKeySpec: spec, KeyUsage: usage, Origin: origin }
}

function checkInput(input: CreateKeyInput, call: Call, dependencies: KmsDependencies): void {
  checkKind(input, dependencies.sm2Regions.has(call.region))
  checkStoreMembers(input, kindOf(input).origin)
}

async function create(call: Call, input: CreateKeyInput, dependencies: KmsDependencies) {
  const { account } = call.caller
  const { region } = call
  const tags = mergeTags([], parseTags(input.Tags ?? []))
  const kind = kindOf(input)
  const keyId = newKeyId(call, input, dependencies)
  const policies = await newKeyPolicy({ call, input, dependencies, keyArn: keyArn(region, account, keyId) })
  // Checked before the key material: an RSA key takes seconds to generate, and one in a token would stay there.
  await dependencies.keyCounter.check(dependencies, { account, region })
  const place = await findStorePlace(call, input, dependencies, { origin: kind.origin, keyId })
  const material = await firstMaterial(
    call,
    dependencies,
    { account, region, keyId, spec: kind.spec },
    kind.origin,
  )
  const value: KeyValue = {
    format: 1,
    createdAt: call.now,
    description: input.Description ?? '',
    ...kind,
    ...(input.MultiRegion === true ? { multiRegion: { primary: region, replicas: [] } } : {}),
    state: material === undefined ? 'PendingImport' : 'Enabled',
    ...policies,
    tags,
    aliases: [],
    ...(material && asCurrent(material)),
    ...(place && { keyStore: place.keyStore }),
  }
  const made = newKey(call, keyId, region, value)
  const key =
    place === undefined ? made : { ...made, store: { record: place.store, xksKeyId: input.XksKeyId } }
  call.involve({ account, arn: key.arn })
  const counted = await dependencies.keyCounter.add(dependencies, { account, region })
  const changes = [...insertKey(key), ...counted, ...(place?.changes ?? [])]
  return {
    output: { KeyMetadata: keyMetadata(key) },
    changes: material ? [...changes, insertKeyMaterial(key, material, call.now, { order: 0 })] : changes,
    event: {
      response: { keyMetadata: eventMetadata(key) },
      additional: place && storeEventData(place.store),
      also: await newKeyLockoutRisk({ key, policies, call }, input, dependencies),
    },
  }
}

/** The first key material of a key; none for the origin EXTERNAL. */
async function firstMaterial(
  call: Call,
  dependencies: KmsDependencies,
  ref: KeyRef,
  origin: KeyOrigin,
): Promise<NewKeyMaterial | undefined> {
  if (origin === 'EXTERNAL') return undefined
  const kekId = await currentKek(dependencies, ref.account, ref.region, call.now)
  return dependencies.custody.createKeyMaterial(ref, kekId)
}

/** A key in a token has the id under which a repeated run of its request finds it there. */
function newKeyId(call: Call, input: CreateKeyInput, dependencies: KmsDependencies): string {
  if (kindOf(input).origin === 'AWS_CLOUDHSM') return tokenKeyId(call.requestId)
  return input.MultiRegion === true ? newMultiRegionId(dependencies) : dependencies.random.uuid()
}

function newMultiRegionId(dependencies: KmsDependencies): string {
  return `mrk-${dependencies.random.uuid().replaceAll('-', '')}`
}
