import { KmsError } from '../../api/errors.ts'
import type { Change, Records, Stored } from '../../store/records.ts'
import type { EntityValue } from '../iam-records.ts'
import { attachChanges, detachChanges, findAttachable, type Holder } from './attachments.ts'

/** @throws ValidationException, NoSuchEntityException for what cannot be a permissions boundary. */
export async function checkBoundary(records: Records, account: string, arn: string): Promise<void> {
  if ((await findAttachable(records, account, arn)) !== undefined) return
  // Source: recorded answers of IAM.
  throw new KmsError('NoSuchEntityException', `Scope ARN: ${arn} does not exist or is not attachable.`)
}

/** The changes beside the holder's own record when it gets another permissions boundary. */
export async function boundaryChanges(
  records: Records,
  holder: Holder,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<readonly Change[]> {
  if (from === to) return []
  return [
    ...(from === undefined ? [] : await detachChanges(records, holder, 'boundary', from)),
    ...(to === undefined ? [] : await attachChanges(records, holder, 'boundary', to)),
  ]
}

/**
 * The condition key of a user's or role's boundary. Source: Service Authorization Reference, "Actions,
 * resources, and condition keys for AWS Identity and Access Management".
 */
export function heldBoundary(entity: Stored<EntityValue> | undefined): {
  readonly 'iam:permissionsboundary': string | undefined
} {
  return { 'iam:permissionsboundary': entity?.value.boundary }
}
