import { printableJson } from '../base/printable.ts'
import type { CommandInput } from './command.ts'

type Printing = Pick<CommandInput, 'json' | 'output'>

/** Prints the result of a command: one JSON document with `--json`, else lines. */
export function printResult(
  { json, output }: Printing,
  value: unknown,
  lines: () => readonly string[],
): void {
  if (json) output.print(printableJson(value))
  else for (const line of lines()) output.print(line)
}

/** Prints the next step on standard error; with `--json`, nothing. */
export function printNext({ json, output }: Printing, what: string): void {
  if (!json) output.complain(`next: ${what}`)
}

/** Whether a command that has `--format` prints JSON: `--json` is short for it. */
export function asksForJson({ json, flags }: Pick<CommandInput, 'json' | 'flags'>): boolean {
  return json || flags['format'] === 'json'
}
