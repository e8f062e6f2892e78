import { KmsError } from '../api/errors.ts'
import type { KeyState } from './key-record.ts'

/** Sets of states in which operations work. Source: AWS KMS Developer Guide, "Key states". */
export const ANY_STATE: readonly KeyState[] = ['Enabled', 'Disabled', 'PendingDeletion']
/** For operations that change a key which stays. */
export const NOT_PENDING_DELETION: readonly KeyState[] = ['Enabled', 'Disabled']
/** For operations that use a key's material. */
export const ENABLED_ONLY: readonly KeyState[] = ['Enabled']
/** For CancelKeyDeletion. */
export const PENDING_DELETION_ONLY: readonly KeyState[] = ['PendingDeletion']

/**
 * Fails when a key is not in one of the states that an operation works in.
 *
 * @throws DisabledException, KMSInvalidStateException.
 */
export function checkState(arn: string, state: KeyState, accepted: readonly KeyState[]): void {
  if (accepted.includes(state)) return
  throw stateError(arn, state, accepted)
}

function stateError(arn: string, state: KeyState, accepted: readonly KeyState[]): KmsError {
  if (accepted === PENDING_DELETION_ONLY) {
    return new KmsError('KMSInvalidStateException', `${arn} is not pending deletion.`)
  }
  return state === 'Disabled'
    ? new KmsError('DisabledException', `${arn} is disabled.`)
    : new KmsError('KMSInvalidStateException', `${arn} is pending deletion.`)
}
