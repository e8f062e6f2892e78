import { parseArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { text } from '../api/shapes.ts'
import { findKeyPlace } from '../compliance/gather/keys.ts'
import type { Call } from '../dispatch/operation.ts'
import type { KeyPlace } from '../kms/keys/key-materials.ts'
import type { UsageDependencies } from './usage-dependencies.ts'
import type { Subject } from './usage-operation.ts'

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
 * @throws NotFoundException, InvalidArnException.
 */
export async function findOwnKey({ call, input, dependencies }: KeyQuestion): Promise<Subject<KeyPlace>> {
  const { caller, region, now } = call
  const { account } = caller
  const foreign = (parseArn(input.KeyId)?.account ?? account) !== account
  const place = foreign
    ? undefined
    : await findKeyPlace(dependencies.records, { account, region, now }, input.KeyId)
  if (place === undefined) throw keyNotFound(input.KeyId)
  call.involve({ account, arn: arnOf('kms', place) })
  return { resource: arnOf('holdfast', place), subject: place }
}

/** The error for a key that the caller's account does not have. */
export function keyNotFound(name: string): KmsError {
  return new KmsError('NotFoundException', `Key '${name}' does not exist`)
}

/** The ARN of the key as a resource of KMS, or of this service, to which key policies do not apply. */
function arnOf(service: 'kms' | 'holdfast', { account, region, keyId }: KeyPlace): string {
  return `arn:aws:${service}:${region}:${account}:key/${keyId}`
}
