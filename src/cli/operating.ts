import { asOperator } from '../app/operator.ts'
import type { Secret } from '../base/secret.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

type Operator = Parameters<Parameters<typeof asOperator>[2]>[0]

/**
 * Runs `act` as the operator of the data folder.
 *
 * @param rootKey of a caller that has it open. @throws ConfigError.
 */
export function operate<T>(
  { config }: CommandInput,
  act: (operator: Operator) => Promise<T>,
  rootKey?: Secret,
): Promise<T> {
  requireDataFolder(config)
  return asOperator(config, openLog(), act, rootKey)
}
