import { KmsError } from '../api/errors.ts'
import type { CalledService } from '../api/services.ts'
import type { Log } from '../base/log.ts'
import { OffloadError } from '../base/offload.ts'
import { IntegrityError } from '../store/records.ts'

const INTERNAL = 'The request failed because of an internal error. It can be retried.'

/** Source: AWS KMS Developer Guide, "Throttling AWS KMS requests". */
const TOO_FAST = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'

/** The error for a caller who must slow down. Source: the same; recorded answers of the other services. */
export function tooFast(service: CalledService, options?: ErrorOptions): KmsError {
  return new KmsError('ThrottlingException', service === 'kms' ? TOO_FAST : 'Rate exceeded', options)
}

/** Where failures are reported. */
export type FailureDependencies = {
  readonly log: Log
  /** Called for data that is not as it was written. */
  readonly alarm?: (reason: string) => void
}

/**
 * The error that the caller gets: an error of the contract itself; for any other, one code without detail.
 * The operator's log gets the detail with the request id.
 */
export function callerFacingError(
  error: unknown,
  requestId: string,
  { log, alarm }: FailureDependencies,
): KmsError {
  if (error instanceof KmsError) return error
  if (error instanceof OffloadError && error.reason === 'full') {
    return tooFast('kms', { cause: error })
  }
  const cause = error instanceof Error ? error : new Error(String(error))
  if (error instanceof IntegrityError || cause.name === 'KeyringError') {
    log.error(`INTEGRITY ALARM: ${cause.message}`, { requestId })
    alarm?.(cause.message)
  } else {
    log.error(`a call failed: ${describe(cause)}`, { requestId })
  }
  return new KmsError('KMSInternalException', INTERNAL, { cause })
}

/** An error and its causes in one line; for a bug also where it is. */
function describe(error: Error): string {
  const why = error.cause instanceof Error ? `: ${describe(error.cause)}` : ''
  const where = error.name === 'AssertionError' || error.name === 'TypeError' ? ` ${error.stack ?? ''}` : ''
  return `${error.name}: ${error.message}${why}${where}`
}
