import { KmsError } from '../../api/errors.ts'
import { useCode } from '../../custody/one-time-codes.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { ContextLookup } from '../../policy/context.ts'
import { type Change, replace } from '../../store/records.ts'
import { findDevice } from '../credentials/mfa-device.ts'
import type { StsDependencies } from './sts-dependencies.ts'

type MfaInput = {
  readonly SerialNumber?: string | undefined
  readonly TokenCode?: string | undefined
}

/** A code that was verified. It is used up once the changes are committed. */
export type VerifiedMfa = { readonly changes: readonly Change[] }

/**
 * Verifies the code of an MFA device of the user who calls; gives nothing for a call without one. Source: STS API
 * Reference, "GetSessionToken" and "AssumeRole"; recorded answers of STS for the texts.
 *
 * @throws AccessDeniedException for any other device or code, and for a code that was used before; ThrottlingException
 *   after too many of these.
 */
export async function verifyMfa(
  { caller, now, requestId }: Call,
  { SerialNumber: serial, TokenCode: code }: MfaInput,
  { records, attempts }: StsDependencies,
): Promise<VerifiedMfa | undefined> {
  if (serial === undefined && code === undefined) return undefined
  if (serial === undefined || code === undefined) throw failed(NOT_BOTH)
  const { principal, account } = caller
  const userId = principal.type === 'User' ? principal.id : undefined
  const device = await findDevice(records, account, serial)
  if (device === undefined || userId === undefined || device.value.enabled?.userId !== userId) {
    throw failed(NOT_OWN)
  }
  attempts.begin('code', userId, requestId)
  const state = useCode(device.value, code, now)
  if (state === undefined) throw failed(WRONG_CODE)
  attempts.takeBack('code', userId, requestId)
  return { changes: [replace(device, { ...device.value, ...state })] }
}

/** Condition keys for the trust policy of a role, from a code that was verified for the same call. */
export const keysOfMfa: ContextLookup = (name) => {
  if (name === 'aws:multifactorauthpresent') return 'true'
  return name === 'aws:multifactorauthage' ? '0' : undefined
}

const NOT_BOTH = ', must provide both MFA serial number and one time pass code.'
const NOT_OWN =
  ', unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.'
const WRONG_CODE = ' with invalid MFA one time pass code.'

function failed(how: string): KmsError {
  return new KmsError('AccessDeniedException', `MultiFactorAuthentication failed${how}`)
}
