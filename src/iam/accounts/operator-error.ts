import { UsageError } from '../../base/usage-error.ts'

/** An operator's request cannot be done. The message says why. */
export class OperatorError extends UsageError {
  override readonly name = 'OperatorError'
}
