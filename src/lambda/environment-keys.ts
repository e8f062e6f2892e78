import { KmsError } from '../api/errors.ts'
import { fromUtf8, toBase64, utf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import type { Caller } from '../dispatch/caller.ts'
import type { ForwardedCall } from '../dispatch/forward.ts'
import type { Outcome } from '../dispatch/operation.ts'
import { type FunctionPlace, functionArn, type SealedEnvironment } from './function-record.ts'
import { kmsRefusal, LambdaError, type LambdaErrorCode } from './lambda-error.ts'

/** Lambda among the services that call KMS for others. */
const VIA = 'lambda'
/** The key of environments whose function names none. */
const MANAGED_KEY = 'alias/aws/lambda'

/** Environment variables, by name. */
export type Variables = Readonly<Record<string, string>>

/** What a new environment is sealed for. */
export type SealRequest = {
  readonly caller: Caller
  readonly place: FunctionPlace
  readonly variables: Variables
  /** The key that the caller has named. */
  readonly kmsKeyArn: string | undefined
  readonly roleArn: string
}

/** Seals and opens the environments of functions under keys of KMS, always with the permissions of a caller. */
export class EnvironmentKeys {
  readonly #callKms: (call: ForwardedCall) => Promise<Outcome>

  /** @param callKms calls KMS as the caller, by way of Lambda. */
  constructor(callKms: (call: ForwardedCall) => Promise<Outcome>) {
    this.#callKms = callKms
  }

  /**
   * Seals an environment as the caller, and grants the execution role its decryption under a key that AWS does not
   * manage: the policy of the managed key allows it already.
   *
   * @throws LambdaError with the reason of KMS.
   */
  async seal({ caller, place, variables, kmsKeyArn, roleArn }: SealRequest): Promise<SealedEnvironment> {
    const { region } = place
    const via = { caller, via: VIA, region } as const
    const plaintext = utf8(JSON.stringify(variables))
    try {
      const outcome = await this.#callKms({
        ...via,
        operation: 'Encrypt',
        input: {
          KeyId: kmsKeyArn ?? MANAGED_KEY,
          Plaintext: toBase64(plaintext),
          EncryptionContext: contextOf(place),
        },
      })
      const { KeyId, CiphertextBlob } = parseEncrypted(outcome)
      const sealed = { keyArn: KeyId, ciphertext: toBase64(CiphertextBlob) }
      if (kmsKeyArn === undefined) return sealed
      return { ...sealed, grantId: await this.grant({ caller, place, roleArn, keyArn: KeyId }) }
    } catch (error) {
      throw configurationError(error)
    } finally {
      plaintext.fill(0)
    }
  }

  /** Grants the execution role the decryption of an environment. @throws LambdaError. */
  async grant({
    caller,
    place,
    roleArn,
    keyArn,
  }: Pick<SealRequest, 'caller' | 'place' | 'roleArn'> & { readonly keyArn: string }): Promise<string> {
    try {
      const { output } = await this.#callKms({
        caller,
        via: VIA,
        region: place.region,
        operation: 'CreateGrant',
        input: {
          KeyId: keyArn,
          GranteePrincipal: roleArn,
          Operations: ['Decrypt', 'RetireGrant'],
          Constraints: { EncryptionContextEquals: contextOf(place) },
        },
      })
      return String(output?.['GrantId'])
    } catch (error) {
      throw configurationError(error)
    }
  }

  /** Retires a grant of the execution role, as that role. @throws KmsError. */
  async retire(role: Caller, { region }: FunctionPlace, sealed: SealedEnvironment): Promise<void> {
    if (sealed.grantId === undefined) return
    const input = { KeyId: sealed.keyArn, GrantId: sealed.grantId }
    await this.#callKms({ caller: role, via: VIA, region, operation: 'RetireGrant', input })
  }

  /** Opens an environment with the permissions of somebody. @throws KmsError. */
  async open(caller: Caller, place: FunctionPlace, sealed: SealedEnvironment): Promise<Variables> {
    const outcome = await this.#callKms({
      caller,
      via: VIA,
      region: place.region,
      operation: 'Decrypt',
      input: {
        KeyId: sealed.keyArn,
        CiphertextBlob: sealed.ciphertext,
        EncryptionContext: contextOf(place),
      },
    })
    try {
      return parseVariables(outcome)
    } finally {
      outcome.dispose?.()
    }
  }
}

/** Source: AWS Lambda Developer Guide, "Securing Lambda environment variables". */
function contextOf(place: FunctionPlace): Readonly<Record<string, string>> {
  return { 'aws:lambda:FunctionArn': functionArn(place) }
}

function parseEncrypted({ output }: Outcome): {
  readonly KeyId: string
  readonly CiphertextBlob: Uint8Array
} {
  const { KeyId, CiphertextBlob } = output ?? {}
  if (typeof KeyId === 'string' && CiphertextBlob instanceof Uint8Array) return { KeyId, CiphertextBlob }
  throw new Error('Encrypt has answered without a ciphertext')
}

/** What {@link EnvironmentKeys.seal} has written. */
function parseVariables({ output }: Outcome): Variables {
  const plaintext = output?.['Plaintext']
  if (!(plaintext instanceof Uint8Array)) throw new Error('Decrypt has answered without a plaintext')
  return parseJsonText(fromUtf8(plaintext)) as Variables
}

/** The error of a call that would configure an environment, if KMS has refused it. */
export function configurationError(error: unknown): unknown {
  const refusal = kmsRefusal(error)
  if (refusal === undefined) return error
  const begin = 'Lambda was unable to configure access to your environment variables because'
  const end = `KMS Exception: ${refusal.code} KMS Message: ${refusal.message}`
  const { reason } = refusal
  if (refusal.code === 'ThrottlingException') return refusal
  return refusal.code === 'AccessDeniedException'
    ? new LambdaError(
        'AccessDeniedException',
        `${begin} the KMS access was denied. Please check your KMS permissions. ${end}`,
        { reason },
      )
    : new LambdaError(
        'InvalidParameterValueException',
        `${begin} the KMS key cannot be used. Please check your KMS key settings. ${end}`,
      )
}

/** What answers show in the place of variables that the caller may not decrypt. */
export function environmentError(error: unknown): { readonly ErrorCode: string; readonly Message: string } {
  const refusal = kmsRefusal(error)
  if (refusal === undefined) throw error
  const why =
    refusal.code === 'AccessDeniedException' ? 'the KMS access was denied' : 'the KMS key cannot be used'
  return {
    ErrorCode: refusal.code,
    Message: `Lambda was unable to decrypt your environment variables because ${why}. Please check your KMS permissions. KMS Exception: ${refusal.code} KMS Message: ${refusal.message}`,
  }
}

const START_CODES: ReadonlyMap<string, readonly [LambdaErrorCode, string]> = new Map([
  ['AccessDeniedException', ['KMSAccessDeniedException', 'KMS access was denied']],
  ['DisabledException', ['KMSDisabledException', 'the KMS key used is disabled']],
  [
    'KMSInvalidStateException',
    ['KMSInvalidStateException', 'the state of the KMS key used is not valid for Decrypt'],
  ],
  ['NotFoundException', ['KMSNotFoundException', 'the KMS key was not found']],
  ['UnrecognizedClientException', ['KMSAccessDeniedException', 'KMS access was denied']],
] as const)

/** The error of an invocation whose environment cannot be decrypted. Source: Lambda API Reference, "Invoke". */
export function startError(error: unknown): unknown {
  const refusal = kmsRefusal(error)
  if (refusal === undefined || refusal.code === 'ThrottlingException') return error
  const [code, why] = START_CODES.get(refusal.code) ?? [
    'KMSInvalidStateException',
    'the KMS key cannot be used',
  ]
  return new LambdaError(
    code,
    `Lambda was unable to decrypt the environment variables because ${why}. Please check the function's KMS key settings. KMS Exception: ${refusal.code} KMS Message: ${refusal.message}`,
    { reason: refusal.reason },
  )
}

/** The error for an execution role that is not the one that the function was configured with. */
export function goneRole(): KmsError {
  return new KmsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
}
