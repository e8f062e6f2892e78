/** For tests: commands within this process, which a busy machine runs faster than processes of their own. */

import { runCommandLine } from '../../src/cli/command-line.ts'
import type { Finished } from './command.ts'

/** Runs `holdfast` with these arguments on a data folder. What the operator's log says is not among the errors. */
export async function runHere(data: string, ...args: readonly string[]): Promise<Finished> {
  const said = { output: '', errors: '' }
  const status = await runCommandLine(args, {
    environment: { HOLDFAST_DATA: data },
    showProgress: (line) => {
      if (line !== undefined) said.errors += `${line}\n`
    },
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
