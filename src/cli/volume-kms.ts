import { mayPass } from '../client/retry.ts'
import { ServiceError } from '../client/service-error.ts'
import { VolumeError, type VolumeFailure } from '../volume/volume-error.ts'
import type { KmsInput, VolumeKms } from '../volume/wrapped-key.ts'
import { type AwsClient, openAwsClient, reasonOf } from './aws-client.ts'
import {
  type CommandInput,
  EXIT_FAILURE,
  EXIT_HEADER,
  EXIT_KEY,
  EXIT_MACHINE,
  EXIT_MISMATCH,
  EXIT_NO_ANSWER,
  EXIT_REFUSED,
  EXIT_STATE,
} from './command.ts'

const STATUS: Readonly<Record<VolumeFailure, number>> = {
  denied: EXIT_REFUSED,
  key: EXIT_KEY,
  unreachable: EXIT_NO_ANSWER,
  header: EXIT_HEADER,
  mismatch: EXIT_MISMATCH,
  machine: EXIT_MACHINE,
  state: EXIT_STATE,
  other: EXIT_FAILURE,
}

/** Errors by what a caller can do about them. Source: AWS KMS API Reference, the errors of Decrypt, and "Common Errors". */
const FAILURES: Readonly<Record<string, VolumeFailure>> = {
  AccessDeniedException: 'denied',
  NotAuthorized: 'denied',
  UnrecognizedClientException: 'denied',
  InvalidClientTokenId: 'denied',
  InvalidSignatureException: 'denied',
  MissingAuthenticationTokenException: 'denied',
  ExpiredTokenException: 'denied',
  IncompleteSignature: 'denied',
  DisabledException: 'key',
  KMSInvalidStateException: 'key',
  KeyUnavailableException: 'key',
  NotFoundException: 'key',
  InvalidKeyUsageException: 'key',
  InvalidCiphertextException: 'header',
  IncorrectKeyException: 'header',
}

/** The answer to a DryRun that would have succeeded. Source: AWS KMS Developer Guide, "Testing your permissions". */
const WOULD_SUCCEED = 'DryRunOperationException'

/** The calls of KMS for a volume, as the caller of the command. */
export function volumeKmsOf(client: AwsClient): VolumeKms {
  const call = async (operation: string, input: KmsInput, more: object = {}): Promise<unknown> => {
    const present = Object.entries(input).filter(([, value]) => value !== undefined)
    return await client.call(operation, { ...Object.fromEntries(present), ...more })
  }
  return {
    call: async (operation, input) => {
      try {
        const answer = await call(operation, input)
        return typeof answer === 'object' && answer !== null ? { ...answer } : {}
      } catch (error) {
        throw failureOf(operation, error, client.endpoint)
      }
    },
    allows: async (operation, input) => {
      try {
        await call(operation, input, { DryRun: true })
      } catch (error) {
        if (error instanceof ServiceError && error.code === WOULD_SUCCEED) return
        throw failureOf(operation, error, client.endpoint)
      }
      throw new VolumeError('other', `${operation}: ${client.endpoint} does not know DryRun`)
    },
  }
}

/** Holdfast has no record of calls of AWS: there is nothing that it could explain. */
const AWS = /\.amazonaws\.com(?:\.cn)?$/

function failureOf(operation: string, error: unknown, endpoint: string): VolumeError {
  const message = `${operation}: ${reasonOf(error, endpoint)}`
  if (!(error instanceof ServiceError) || mayPass(error))
    return new VolumeError('unreachable', message, { cause: error })
  const { code } = error
  const requestId = AWS.test(new URL(endpoint).hostname) ? undefined : error.requestId
  return new VolumeError(FAILURES[code] ?? 'other', message, { cause: error, code, requestId })
}

/** Runs a command on a volume; a failure has its own exit status, the reason of KMS, and how to have it explained. */
export async function withFailures(
  { output }: Pick<CommandInput, 'output'>,
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof VolumeError)) throw error
    return complainAbout(output, error)
  }
}

/** Prints a failure. Returns its exit status. */
export function complainAbout(output: CommandInput['output'], error: VolumeError): number {
  output.complain(`holdfast: ${error.message}`)
  if (error.requestId !== undefined) output.complain(`next: holdfast explain ${error.requestId}`)
  return STATUS[error.failure]
}

/** Opens KMS as the caller of a command, runs `use`, and closes it. */
export async function usingKms<T>(
  input: Pick<CommandInput, 'environment'>,
  use: (kms: VolumeKms) => Promise<T>,
  hurry: Parameters<typeof openAwsClient>[1] = {},
): Promise<T> {
  using client = await openAwsClient(input, hurry)
  return await use(volumeKmsOf(client))
}

/** Variables that would win over a profile. Source: AWS SDKs and Tools Reference Guide, "Credential provider chain". */
const CREDENTIAL_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_ROLE_ARN',
]

/** The same input with the credentials of a profile of the shared files. */
export function asProfile(
  { environment }: Pick<CommandInput, 'environment'>,
  profile: string,
): Pick<CommandInput, 'environment'> {
  const others = Object.entries(environment).filter(([name]) => !CREDENTIAL_VARIABLES.includes(name))
  return { environment: { ...Object.fromEntries(others), AWS_PROFILE: profile } }
}
