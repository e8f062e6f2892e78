import type { Call } from './operation.ts'

/**
 * Whether a call of an operation that has the member `DryRun` only asks if it would succeed. The dispatcher answers it
 * with DryRunOperationException; whoever would ask others for the outcome does without.
 */
export function isDryRun({ input }: Call): boolean {
  return 'DryRun' in input && input.DryRun === true
}
