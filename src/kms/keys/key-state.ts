import { KmsError } from '../../api/errors.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { KeyState, KeyValue } from './key-record.ts'

/** Sets of states in which operations work. Source: AWS KMS Developer Guide, "Key states". */
export const ANY_STATE: readonly KeyState[] = [
  'Enabled',
  'Disabled',
  'PendingImport',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'Unavailable',
  'Creating',
  'Updating',
]
/** For operations that change a key which stays. */
export const NOT_PENDING_DELETION: readonly KeyState[] = [
  'Enabled',
  'Disabled',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
]
/** For operations that use a key's material. */
export const USABLE: readonly KeyState[] = ['Enabled', 'Updating']
/** For operations on a rotation: the origin is what is wrong with a key that has no material here. */
export const ROTATABLE: readonly KeyState[] = ['Enabled', 'Updating', 'PendingImport', 'Unavailable']
/** For GetParametersForImport and ImportKeyMaterial, Updating for the latter alone. */
export const IMPORTABLE: readonly KeyState[] = ['Enabled', 'Disabled', 'PendingImport', 'Unavailable']
/** For EnableKey and DisableKey. */
export const SWITCHABLE: readonly KeyState[] = ['Enabled', 'Disabled', 'Unavailable']
/** For CancelKeyDeletion. */
export const PENDING_DELETION_ONLY: readonly KeyState[] = ['PendingDeletion', 'PendingReplicaDeletion']

/**
 * The state of a key whose custom key store is not connected. One that is pending deletion stays
 * so, and can be saved. Source: AWS KMS Developer Guide, "Key states".
 */
export function stateWithoutStore(state: KeyState): KeyState {
  return state === 'Enabled' || state === 'Disabled' ? 'Unavailable' : state
}

/**
 * The state that a key is in at a moment. Imported material that is overdue is treated as gone,
 * whether or not the job that removes it has run.
 */
export function stateAt(value: KeyValue, now: EpochMs): KeyState {
  const validTo = value.imported?.validTo
  if (validTo === undefined || validTo > now) return value.state
  return value.state === 'Enabled' || value.state === 'Disabled' ? 'PendingImport' : value.state
}

/**
 * Fails when a key is not in one of the states that an operation works in.
 *
 * @throws DisabledException, KMSInvalidStateException.
 */
export function checkState(key: KeyInState, accepted: readonly KeyState[]): void {
  if (accepted.includes(key.state)) return
  throw stateError(key, accepted)
}

/** A key, its state, and the origin of its key material. */
type KeyInState = {
  readonly arn: string
  readonly state: KeyState
  readonly record: { readonly value: Pick<KeyValue, 'origin'> }
}

function stateError({ arn, state, record }: KeyInState, accepted: readonly KeyState[]): KmsError {
  if (accepted === PENDING_DELETION_ONLY) {
    return new KmsError('KMSInvalidStateException', `${arn} is not pending deletion.`)
  }
  if (state === 'Unavailable')
    return new KmsError('KMSInvalidStateException', notConnected(record.value.origin))
  if (state === 'Disabled') return new KmsError('DisabledException', `${arn} is disabled.`)
  return new KmsError('KMSInvalidStateException', `${arn} is ${WORDS[state]}.`)
}

/**
 * What the users of a key are told whose custom key store is not connected. Source for an external one: AWS KMS
 * Developer Guide, "Troubleshooting external key stores"; for the other type no text is recorded.
 */
export function notConnected(origin: KeyValue['origin']): string {
  return origin === 'AWS_CLOUDHSM' ? CLUSTER_NOT_CONNECTED : PROXY_NOT_CONNECTED
}

const CLUSTER_NOT_CONNECTED =
  'This KMS key is in a custom key store that is not connected to its AWS CloudHSM cluster. Connect the custom key store and try the request again.'
const PROXY_NOT_CONNECTED =
  'This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the external key store and try the request again.'

const WORDS: { readonly [S in Exclude<KeyState, 'Disabled' | 'Unavailable'>]: string } = {
  Enabled: 'enabled',
  PendingImport: 'pending import',
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
  Creating: 'creating',
  Updating: 'updating',
}
