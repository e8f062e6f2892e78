/** For tests: operators' commands within this process, which a busy machine runs faster than processes of their own. */

import { CONTROL_COMMANDS } from '../../src/cli/control-policy.ts'
import { ORGANIZATION_COMMANDS } from '../../src/cli/organization.ts'
import { parseConfig } from '../../src/config/settings.ts'
import type { Finished } from './command.ts'

const COMMANDS = [...CONTROL_COMMANDS, ...ORGANIZATION_COMMANDS]

/** Runs a command on the organization or on control policies. What it refuses has the status 2. */
export async function runHere(data: string, ...args: readonly string[]): Promise<Finished> {
  const name = args.filter((arg) => !arg.startsWith('--')).join(' ')
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) throw new Error(`there is no ${name}`)
  const flags = Object.fromEntries(
    args.filter((arg) => arg.startsWith('--')).map((arg) => arg.slice(2).split(/=(.*)/s)),
  )
  const said: string[] = []
  const output = {
    print: (line: string) => void said.push(line),
    complain: (text: string) => void said.push(text),
  }
  const config = parseConfig({ flags: { data }, environment: {} })
  try {
    const status = await command.run({ config, operands: [], output, flags, lists: {}, switches: new Set() })
    return { status, output: said.map((line) => `${line}\n`).join(''), errors: '' }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { status: 2, output: '', errors: error.message }
  }
}
