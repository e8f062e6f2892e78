import type { Config } from '../config/settings.ts'

/** What a command prints with. */
export type Output = {
  /** The result, on standard output. */
  readonly print: (line: string) => void
  /** Everything else, on standard error. */
  readonly complain: (line: string) => void
}

/** What a command is run with. */
type CommandInput = {
  readonly config: Config
  readonly output: Output
}

/** A command of `holdfast`; gives the process's exit status. */
export type Command = {
  readonly name: string
  readonly about: string
  readonly run: (input: CommandInput) => Promise<number>
}

/** The exit status of a command that was called wrongly. */
export const EXIT_USAGE = 2
/** The exit status of a command that has failed, or has found what it looks for to be wrong. */
export const EXIT_FAILURE = 1
