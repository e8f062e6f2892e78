import type { Call } from '../../dispatch/operation.ts'
import { insert } from '../../store/records.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { automaticRotation, rotationNote } from '../lifecycle/rotation.ts'
import {
  type AwsService,
  aliasOfService,
  descriptionOf,
  serviceOfAlias,
  servicePolicy,
} from './aws-services.ts'
import type { Identifier } from './identifier.ts'
import { currentKek } from './kek.ts'
import { asCurrent, insertKeyMaterial } from './key-materials.ts'
import { ALIAS, type KeyValue, partitionOf } from './key-record.ts'
import type { Key } from './keys.ts'
import { eventMetadata } from './metadata.ts'
import { insertKey, newKey } from './new-key.ts'

/** Source: AWS KMS Developer Guide, "Rotate AWS KMS keys": AWS managed keys rotate every year. */
const ROTATION_DAYS = 365

/**
 * Makes the key of a service in the caller's account, when an identifier is the alias of a service without
 * one: describing it makes it. Source: AWS KMS API Reference, "DescribeKey".
 */
export async function makeManagedKey(
  call: Call,
  dependencies: KmsDependencies,
  identifier: Identifier,
): Promise<Key | undefined> {
  if (identifier.type !== 'alias' || identifier.account !== call.caller.account) return undefined
  const service = serviceOfAlias(identifier.name)
  return service && planKey(call, dependencies, service)
}

async function planKey(call: Call, dependencies: KmsDependencies, service: AwsService): Promise<Key> {
  const { now, region } = call
  const { account } = call.caller
  const keyId = dependencies.random.uuid()
  const kekId = await currentKek(dependencies, account, region, now)
  const ref = { account, region, keyId, spec: 'SYMMETRIC_DEFAULT' } as const
  const material = await dependencies.custody.createKeyMaterial(ref, kekId)
  const rotation = automaticRotation(now, ROTATION_DAYS)
  const value: KeyValue = {
    format: 1,
    createdAt: now,
    description: descriptionOf(service),
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    state: 'Enabled',
    policy: servicePolicy(service, account, region),
    tags: [],
    aliases: [aliasOfService(service)],
    ...asCurrent(material),
    rotation,
    managed: true,
  }
  const key = newKey(call, keyId, region, value)
  const alias = { format: 1, keyId, createdAt: now, updatedAt: now } as const
  return {
    ...key,
    making: {
      changes: [
        ...insertKey(key),
        insertKeyMaterial(key, material, now, { order: 0 }),
        insert(ALIAS, partitionOf(account, region), aliasOfService(service), alias),
        rotationNote(dependencies, key, rotation.nextAt),
      ],
      event: {
        name: 'CreateKey',
        account,
        region,
        resources: [{ account, arn: key.arn }],
        details: { keyMetadata: eventMetadata(key) },
      },
    },
  }
}
