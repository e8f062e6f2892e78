/** For tests: commands within this process, which a busy machine runs faster than processes of their own. */

import { runCommandLine } from '../../src/cli/command-line.ts'
import type { Finished } from './command.ts'

/** Runs `holdfast` with these arguments on a data folder. What the operator's log says is not among the errors. */
export function runHere(data: string, ...args: readonly string[]): Promise<Finished> {
  return runWith({ HOLDFAST_DATA: data }, ...args)
}

/** The same with these settings alone. */
export async function runWith(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Finished> {
  const said = { output: '', errors: '' }
  const status = await runCommandLine(args, {
    environment,
    isTerminal: false,
    showProgress: () => {},
    output: {
      print: (line) => {
        said.output += `${line}\n`
      },
      complain: (text) => {
        said.errors += `${text}\n`
      },
    },
  })
  return { status, output: said.output, errors: said.errors }
}
