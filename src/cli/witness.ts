import { resolve } from 'node:path'
import { acceptWitnessed } from '../app/witnessed.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { printResult } from './result.ts'

/** `holdfast witness accept`: lets a server start on a folder that lacks what its witness knows. */
export async function acceptWitness(input: CommandInput): Promise<number> {
  const { config } = input
  requireDataFolder(config)
  const missing = await acceptWitnessed(config, openLog())
  printResult(input, { missing }, () => [
    `accepted: ${resolve(config.data)} goes on without what is missing:`,
    ...missing.map((one) => `  ${one}`),
  ])
  return 0
}
