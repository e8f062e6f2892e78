import type { Call } from './operation.ts'

/**
 * Whether a call of an operation with the member `DryRun` only asks if it would succeed. The pipeline then
 * answers with DryRunOperationException. An operation that would ask an external service for its outcome
 * skips that.
 */
export function isDryRun({ input }: Call): boolean {
  return 'DryRun' in input && input.DryRun === true
}
