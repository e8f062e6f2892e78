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
  readonly output: Output
  /** What follows the command's name. */
  readonly args: readonly string[]
  /** The values of the command's own flags. */
  readonly flags: Readonly<Record<string, string | undefined>>
}

/** A flag of one command, with a value. */
type CommandFlag = { readonly about: string }

/** A command of `holdfast`; gives the process's exit status. */
export type Command = {
  readonly name: string
  readonly about: string
  /** What must follow its name, for messages; nothing when left out. */
  readonly takes?: readonly string[]
  readonly flags?: Readonly<Record<string, CommandFlag>>
  readonly run: (input: CommandInput) => Promise<number>
}

/** The exit status of a command that was called wrongly. */
export const EXIT_USAGE = 2
/** The exit status of a command that has failed, or has found what it looks for to be wrong. */
export const EXIT_FAILURE = 1
