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
  /** Values of the command's own flags, by name. */
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly output: Output
}

/** A command of `holdfast`; gives the process's exit status. */
export type Command = {
  readonly name: string
  readonly about: string
  /** Flags of its own beside the settings, with what each means; all take a value. */
  readonly flags?: Readonly<Record<string, string>>
  readonly run: (input: CommandInput) => Promise<number>
}

/** The exit status of a command that was called wrongly. */
export const EXIT_USAGE = 2
/** The exit status of a command that has failed, or has found what it looks for to be wrong. */
export const EXIT_FAILURE = 1
