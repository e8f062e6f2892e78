import { UsageError } from '../../base/usage-error.ts'

/** What an operator asks for cannot be done. The message says why. */
export class OperatorError extends UsageError {
  override readonly name = 'OperatorError'
}
