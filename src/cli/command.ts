import type { Config } from '../config/settings.ts'
import type { Progress } from './progress.ts'
import type { Shape } from './shape.ts'
import type { Value } from './values.ts'

/** Where a command prints. */
export type Output = {
  /** The result, on standard output. */
  readonly print: (line: string) => void
  /** Everything else, on standard error. */
  readonly complain: (text: string) => void
}

/** What a command is run with. Its options and operands have the form that its facts ask for. */
export type CommandInput = {
  readonly config: Config
  /** One for each of the command's `operands`. */
  readonly operands: readonly string[]
  readonly output: Output
  /** The values of the command's own options, or their defaults. */
  readonly flags: Readonly<Record<string, string | undefined>>
  /** The values of those that may be repeated. */
  readonly lists: Readonly<Record<string, readonly string[]>>
  /** Those without a value that are given. */
  readonly switches: ReadonlySet<string>
  /** Whether the result is printed as JSON. */
  readonly json: boolean
  readonly progress: Progress
}

/** An option of one command. Without `takes` it is a switch. */
export type CommandOption = {
  readonly about: string
  readonly takes?: Value
  readonly required?: true
  /** It may be given several times. */
  readonly repeats?: true
  /** The value when it is not given. */
  readonly byDefault?: string
}

/** What follows the name of a command. */
type Operand = { readonly about: string; readonly takes: Value }

/** A command line, and what it does. */
type Example = { readonly line: string; readonly about: string }

/** What `--json` prints: one document, or one on each line. */
type JsonFacts = { readonly shape: Shape; readonly lines?: true }

/** The declared facts of a command: parsing, help, shell completion and the reference page are made from them. */
export type Command = {
  /** Its words, such as `audit verify`. */
  readonly name: string
  /** What it does: an imperative of one line. */
  readonly about: string
  /** What else there is to know, a paragraph each. */
  readonly details?: readonly string[]
  readonly operands?: readonly Operand[]
  readonly options?: Readonly<Record<string, CommandOption>>
  /** The settings that matter to it, by option name; `all`: every one. It accepts all settings. */
  readonly settings: readonly string[] | 'all'
  readonly examples: readonly [Example, ...Example[]]
  /** Nothing for a command whose output is a program. */
  readonly json?: JsonFacts
  /** It may take longer than two seconds, and reports its progress then. */
  readonly slow?: true
  /** It is started by Holdfast itself, and shown nowhere. */
  readonly hidden?: true
  /** Runs it; gives the exit status of the process. It imports what it needs itself, so that other commands start fast. */
  readonly run: (input: CommandInput) => Promise<number>
}

/** The exit status of invalid usage or configuration. */
export const EXIT_USAGE = 2
/** The exit status of a command that failed, or that found a verification to fail. */
export const EXIT_FAILURE = 1

/** The exit status of a command whose answer is that access is refused, or would be. */
export const EXIT_REFUSED = 3

/** A command as it is called: its name and its operands. */
export function commandUsage({ name, operands = [] }: Pick<Command, 'name' | 'operands'>): string {
  return [name, ...operands.map(({ takes }) => takes.name)].join(' ')
}
