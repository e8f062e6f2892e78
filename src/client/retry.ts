import { ServiceError } from './service-error.ts'

/** The maximum number of attempts of one call, unless its caller has less time. */
const ATTEMPTS_MAX = 4
/** The longest wait before the second attempt; it doubles from attempt to attempt. */
const FIRST_WAIT_MS = 100

/** What retries need of the machine. */
export type RetryDependencies = {
  readonly sleep: (delayMs: number) => Promise<void>
  /** A number from 0 to 1, so that clients do not repeat their calls at the same moment. */
  readonly jitter: () => number
  readonly attemptsMax?: number | undefined
}

/** Errors that a later attempt may not get. Source: AWS KMS API Reference, "Common Errors", and the errors of Decrypt. */
const PASSING = new Set(['ThrottlingException', 'KMSInternalException', 'DependencyTimeoutException'])

/** Runs an idempotent call, and again after an error that passes: {@link ATTEMPTS_MAX} times at most. @throws its last error. */
export async function withRetries<T>(call: () => Promise<T>, dependencies: RetryDependencies): Promise<T> {
  const { attemptsMax = ATTEMPTS_MAX } = dependencies
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call()
    } catch (error) {
      if (attempt >= attemptsMax || !mayPass(error)) throw error
      await dependencies.sleep(dependencies.jitter() * FIRST_WAIT_MS * 2 ** (attempt - 1))
    }
  }
}

/** Whether a repeated call may succeed: the service was not reached, did not answer in time, or is busy. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return true
  return PASSING.has(error.code) || error.status >= 500
}
