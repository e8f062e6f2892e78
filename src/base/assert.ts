/** The exception of a failed {@link assert}: a bug in Holdfast, never a caller's mistake. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/**
 * Fails when something that must hold by construction does not.
 *
 * @throws AssertionError with `message`.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** The value, which must exist. @throws AssertionError when it does not. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AssertionError(`${what} is missing`)
  return value
}
