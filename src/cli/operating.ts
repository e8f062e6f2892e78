import { asOperator } from '../app/operator.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

type Operator = Parameters<Parameters<typeof asOperator>[2]>[0]

/** Runs `act` as the operator of the data folder. @throws ConfigError. */
export function operate<T>({ config }: CommandInput, act: (operator: Operator) => Promise<T>): Promise<T> {
  requireDataFolder(config)
  return asOperator(config, openLog(), act)
}
