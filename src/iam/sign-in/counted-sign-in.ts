import { KmsError } from '../../api/errors.ts'
import { networkOf } from '../../base/network.ts'
import type { Attempts } from '../credentials/attempts.ts'

/** Where a step of a sign-in comes from. */
export type SignInSource = {
  /** The address that the request comes from. */
  readonly address: string
  /** An id of the request: a step that runs again from its reads is one attempt. */
  readonly requestId: string
}

/** Refusals that are no sign of guessing: too much to do, or a provider that does not answer. */
const NOT_COUNTED: ReadonlySet<string> = new Set(['ThrottlingException', 'IdpCommunicationErrorException'])

/**
 * Runs a step of a sign-in, and counts it against its network when it is refused.
 *
 * @throws ThrottlingException when too many have failed, and what the step throws.
 */
export async function countSignIn<T>(
  attempts: Attempts,
  { address, requestId }: SignInSource,
  step: () => Promise<T>,
): Promise<T> {
  const network = networkOf(address)
  attempts.begin('address', network, requestId)
  let isCounted = false
  try {
    return await step()
  } catch (error) {
    isCounted = error instanceof KmsError && !NOT_COUNTED.has(error.code)
    throw error
  } finally {
    if (!isCounted) attempts.takeBack('address', network, requestId)
  }
}
