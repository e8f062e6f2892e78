import type { Config } from '../config/settings.ts'

/** What a command prints with. */
export type Output = {
  /** The result, on standard output. */
  readonly print: (line: string) => void
  /** Everything else, on standard error. */
  readonly complain: (line: string) => void
}

/** What a command is run with. */
export type CommandInput = {
  readonly config: Config
  /** One for each name in the command's `operands`. */
  readonly operands: readonly string[]
  readonly output: Output
  /** The values of the command's own flags. */
  readonly flags: Readonly<Record<string, string | undefined>>
  /** The values of those that may be given several times. */
  readonly lists: Readonly<Record<string, readonly string[]>>
  /** Those without a value that are given. */
  readonly switches: ReadonlySet<string>
}

/** A flag of one command: with a value, with values, or without. One name is of one kind in all commands. */
type CommandFlag = { readonly about: string; readonly kind?: 'value' | 'list' | 'switch' }

/** A command of `holdfast`; gives the process's exit status. */
export type Command = {
  readonly name: string
  /** What follows the name on the command line, in capitals. */
  readonly operands?: readonly string[]
  readonly about: string
  readonly flags?: Readonly<Record<string, CommandFlag>>
  readonly run: (input: CommandInput) => Promise<number>
}

/** The exit status of a command that was called wrongly. */
export const EXIT_USAGE = 2
/** The exit status of a command that has failed, or has found what it looks for to be wrong. */
export const EXIT_FAILURE = 1

/**
 * The exit status of a command whose answer is that access is refused, or would be: it has done what it was asked.
 */
export const EXIT_REFUSED = 3

/** A command as it is called: its name and what follows. */
export function commandUsage({ name, operands = [] }: Command): string {
  return [name, ...operands].join(' ')
}
