import { PARTITION, parseArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { text } from '../api/shapes.ts'
import { findKeyPlace } from '../compliance/gather/keys.ts'
import type { Call } from '../dispatch/operation.ts'
import { ALIAS_PREFIX } from '../kms/keys/identifier.ts'
import type { KeyPlace } from '../kms/keys/key-materials.ts'
import type { UsageDependencies } from './usage-dependencies.ts'
import type { Missing, Subject } from './usage-operation.ts'

/** Source: AWS KMS API Reference, "KeyId". */
export const KEY_INPUT = { KeyId: text({ min: 1, max: 2048 }) }

/** A call about one key. */
type KeyQuestion = {
  readonly call: Call
  readonly input: { readonly KeyId: string }
  readonly dependencies: Pick<UsageDependencies, 'records'>
}

/**
 * The key of the caller's account that `KeyId` names; key IDs and alias names refer to the call's region.
 *
 * @throws NotFoundException, InvalidArnException for a text that cannot name a key.
 */
export async function findOwnKey({
  call,
  input,
  dependencies,
}: KeyQuestion): Promise<Subject<KeyPlace> | Missing> {
  const { caller, region, now } = call
  const { account } = caller
  const shown = askedKeyArn(input.KeyId, { account, region })
  const foreign = (parseArn(input.KeyId)?.account ?? account) !== account
  const place = foreign
    ? undefined
    : await findKeyPlace(dependencies.records, { account, region, now }, input.KeyId)
  if (place === undefined) return { resource: shown, shown, missing: keyNotFound(input.KeyId) }
  call.involve({ account, arn: arnOf('kms', place) })
  return { resource: arnOf('holdfast', place), shown, subject: place }
}

/**
 * The key or alias that a call asks about as a resource of this service, by the call's input alone: a denial with
 * it tells nothing about what exists.
 */
export function askedKeyArn(
  keyId: string,
  { account, region }: { readonly account: string; readonly region: string },
): string {
  const arn = parseArn(keyId)
  if (arn !== undefined) return `arn:${PARTITION}:holdfast:${arn.region}:${arn.account}:${arn.resource}`
  const resource = keyId.startsWith(ALIAS_PREFIX) ? keyId : `key/${keyId}`
  return `arn:${PARTITION}:holdfast:${region}:${account}:${resource}`
}

/** The error for a key that the caller's account does not have. */
export function keyNotFound(name: string): KmsError {
  return new KmsError('NotFoundException', `Key '${name}' does not exist`)
}

/** The ARN of the key as a resource of KMS, or of this service, to which key policies do not apply. */
function arnOf(service: 'kms' | 'holdfast', { account, region, keyId }: KeyPlace): string {
  return `arn:aws:${service}:${region}:${account}:key/${keyId}`
}
