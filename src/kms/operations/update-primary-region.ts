import { KmsError } from '../../api/errors.ts'
import { type Input, type Members, pattern, text } from '../../api/shapes.ts'
import type { Call } from '../../dispatch/operation.ts'
import { KEY_ID, keyOperation, keyPermission } from '../key-operation.ts'
import { keyNotFound } from '../keys/identifier.ts'
import { entriesContext } from '../keys/key-context.ts'
import { isPrimary, notPrimary, relatedKeys, replaceAll } from '../keys/key-set.ts'
import { USABLE } from '../keys/key-state.ts'
import { findKey, type Key } from '../keys/keys.ts'
import { arnIn, withPrimary } from '../keys/multi-region.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { rotationNote } from '../lifecycle/rotation.ts'

const INPUT = {
  KeyId: KEY_ID,
  PrimaryRegion: text({ min: 1, max: 32, pattern: pattern('^([a-z]+-){2,3}\\d+$') }),
} satisfies Members

type UpdateInput = Input<typeof INPUT>

/**
 * Makes a replica the primary key of its multi-Region set, and the primary a replica.
 * Source: AWS KMS API Reference, "UpdatePrimaryRegion".
 */
export const updatePrimaryRegion = keyOperation(
  {
    name: 'UpdatePrimaryRegion',
    readOnly: false,
    aliases: false,
    crossAccount: false,
    states: USABLE,
    input: INPUT,
    context: regionContext,
    alsoNeeds: async ({ call, input, key, dependencies }) => {
      const replica = await findReplica(call, dependencies, key, input.PrimaryRegion)
      if (replica === undefined) return []
      return [
        keyPermission({ call, key: replica, dependencies }, 'UpdatePrimaryRegion', regionContext(input)),
      ]
    },
    checkKey: (input, key) => {
      const set = key.record.value.multiRegion
      if (set === undefined || !isPrimary(key)) throw notPrimary(key)
      const { PrimaryRegion: region } = input
      if (region === set.primary) {
        throw new KmsError('UnsupportedOperationException', `${key.arn} is the primary key already.`)
      }
      if (!set.replicas.includes(region)) throw keyNotFound(arnIn(key, region))
    },
  },
  ({ call, input, key, dependencies }) => update(call, input, key, dependencies),
)

function regionContext(input: UpdateInput): ReturnType<typeof entriesContext> {
  return entriesContext({ 'kms:primaryregion': input.PrimaryRegion })
}

function findReplica(
  call: Call,
  dependencies: KmsDependencies,
  key: Key,
  region: string,
): Promise<Key | undefined> {
  const scope = { records: dependencies.records, region, now: call.now }
  return findKey(scope, { type: 'key', account: key.account, keyId: key.keyId })
}

async function update(call: Call, input: UpdateInput, key: Key, dependencies: KmsDependencies) {
  const { PrimaryRegion: region } = input
  const replica = await findReplica(call, dependencies, key, region)
  const { multiRegion, rotation } = key.record.value
  if (replica === undefined || multiRegion === undefined) throw keyNotFound(arnIn(key, region))
  if (replica.state !== 'Enabled') {
    throw new KmsError('KMSInvalidStateException', `${replica.arn} is not enabled.`)
  }
  const set = withPrimary(multiRegion, region)
  const related = await relatedKeys(dependencies.records, key)
  const records = [key.record, ...related.map(({ record }) => record)]
  const resources = [key, replica].map(({ account, arn }) => ({ account, arn }))
  call.involve({ account: replica.account, arn: replica.arn })
  return {
    changes: [
      ...replaceAll(records, (value) => ({ ...value, multiRegion: set })),
      // A due rotation names the primary key, so the new primary gets one.
      ...(rotation === undefined ? [] : [rotationNote(dependencies, replica, rotation.nextAt, call.now)]),
    ],
    event: {
      also: [{ name: 'UpdatePrimaryRegion', account: key.account, region, resources }],
    },
  }
}
