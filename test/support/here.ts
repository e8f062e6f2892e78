/** For tests: runs commands in this process, which is faster on a busy machine than starting processes. */

import { runCommandLine } from '../../src/cli/command-line.ts'
import type { Finished } from './command.ts'

/** Runs `holdfast` with these arguments on a data folder. The returned errors do not include the operator's log. */
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
