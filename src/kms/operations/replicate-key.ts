import { KmsError } from '../../api/errors.ts'
import { always, boolean, type Input, list, type Members, optional, pattern, text } from '../../api/shapes.ts'
import type { Call, Outcome } from '../../dispatch/operation.ts'
import { accountPermission } from '../account-operation.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { entriesContext } from '../keys/key-context.ts'
import { newKeyPolicy, POLICY_TEXT } from '../keys/key-policy.ts'
import type { KeyValue, RegionSet } from '../keys/key-record.ts'
import { checkRegion } from '../keys/key-rules.ts'
import { isPrimary, notPrimary, relatedKeys, replaceAll } from '../keys/key-set.ts'
import { mergeTags, parseTags, requestTagKeys, TAG_LIST } from '../keys/key-tags.ts'
import type { Key } from '../keys/keys.ts'
import { eventMetadata, keyMetadata } from '../keys/metadata.ts'
import { arnIn, copyKeyMaterials, sharedValue, withReplica } from '../keys/multi-region.ts'
import { insertKey, newKey } from '../keys/new-key.ts'
import { newKeyLockoutRisk } from '../keys/policy-lockout.ts'
import { KEY_METADATA_ANSWER, TAG_ANSWER } from '../kms-answers.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'

/** A region of a request. Source: the service model. */
const REGION = text({ min: 1, max: 32, pattern: pattern('^([a-z]+-){2,3}\\d+$') })

const INPUT = {
  KeyId: KEY_ID,
  ReplicaRegion: REGION,
  Policy: optional(POLICY_TEXT),
  BypassPolicyLockoutSafetyCheck: optional(boolean()),
  Description: optional(text({ max: 8192 })),
  Tags: optional(TAG_LIST),
} satisfies Members

type ReplicateKeyInput = Input<typeof INPUT>

/** Replicates a multi-Region primary key to another region. Source: AWS KMS API Reference, "ReplicateKey". */
export const replicateKey = keyOperation(
  {
    name: 'ReplicateKey',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: ['Enabled'],
    input: INPUT,
    output: {
      ReplicaKeyMetadata: always(KEY_METADATA_ANSWER),
      ReplicaPolicy: always(text()),
      ReplicaTags: list(TAG_ANSWER),
    },
    context: (input) =>
      entriesContext({
        'kms:replicaregion': input.ReplicaRegion,
        'kms:bypasspolicylockoutsafetycheck': input.BypassPolicyLockoutSafetyCheck?.toString(),
      }),
    alsoNeeds: ({ call, input }) => {
      const tagged = input.Tags !== undefined && input.Tags.length > 0
      const names = tagged ? ['CreateKey', 'TagResource'] : ['CreateKey']
      const context = requestTagKeys(input.Tags, entriesContext({ 'kms:multiregionkeytype': 'REPLICA' }))
      return names.map((name) => accountPermission(call, name, context))
    },
    checkKey: checkReplicable,
    parameters: (input) => ({ BypassPolicyLockoutSafetyCheck: false, Description: '', ...input }),
  },
  ({ call, input, key, dependencies }) => replicate(call, input, key, dependencies),
)

/** @throws UnsupportedOperationException, AlreadyExistsException. */
function checkReplicable(input: ReplicateKeyInput, key: Key): void {
  const set = key.record.value.multiRegion
  if (set === undefined || !isPrimary(key)) throw notPrimary(key)
  const { ReplicaRegion: region } = input
  if (region === set.primary) {
    const message = `${region} cannot have a replica because it contains the primary.`
    throw new KmsError('AlreadyExistsException', message)
  }
  if (!set.replicas.includes(region)) return
  throw new KmsError('AlreadyExistsException', `${arnIn(key, region)} already exists.`)
}

async function replicate(call: Call, input: ReplicateKeyInput, key: Key, dependencies: KmsDependencies) {
  const { ReplicaRegion: region } = input
  checkRegion(key.record.value.spec, dependencies.sm2Regions.has(region))
  const tags = mergeTags([], parseTags(input.Tags ?? []))
  const policies = await newKeyPolicy({ call, input, dependencies, keyArn: arnIn(key, region) })
  const { multiRegion } = key.record.value
  if (multiRegion === undefined) throw notPrimary(key)
  const set = withReplica(multiRegion, region)
  const value: KeyValue = {
    format: 1,
    createdAt: call.now,
    description: input.Description ?? '',
    ...sharedValue(key.record.value),
    multiRegion: set,
    state: key.record.value.origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled',
    ...policies,
    tags,
    aliases: [],
  }
  const replica = newKey(call, key.keyId, region, value)
  call.involve({ account: replica.account, arn: replica.arn })
  // The answer shows the replica in the state Creating, as AWS does.
  const { materialId: _, ...creating } = value
  const shown: Key = { ...replica, state: 'Creating', record: { ...replica.record, value: creating } }
  return {
    output: {
      ReplicaKeyMetadata: keyMetadata(shown),
      ReplicaPolicy: policies.policy,
      ReplicaTags:
        tags.length > 0 ? tags.map((tag) => ({ TagKey: tag.key, TagValue: tag.value })) : undefined,
    },
    changes: [
      ...insertKey(replica),
      ...(await dependencies.keyCounter.add(dependencies, { account: replica.account, region })),
      ...(await copyKeyMaterials(dependencies, key, region, call.now)),
      ...(await spread(dependencies, key, set)),
    ],
    event: {
      response: { replicaKeyMetadata: eventMetadata(shown), replicaPolicy: policies.policy },
      also: [
        {
          name: 'CreateKey',
          account: replica.account,
          region,
          resources: [{ account: replica.account, arn: replica.arn }],
          details: { keyMetadata: eventMetadata(shown) },
        },
        ...(await newKeyLockoutRisk({ key: replica, policies, call }, input, dependencies)),
      ],
    },
  }
}

/** Adds the new replica to the record of every key in the set. */
async function spread(
  dependencies: KmsDependencies,
  key: Key,
  set: RegionSet,
): Promise<NonNullable<Outcome['changes']>> {
  const related = await relatedKeys(dependencies.records, key)
  const records = [key.record, ...related.map(({ record }) => record)]
  return replaceAll(records, (value) => ({ ...value, multiRegion: set }))
}
