import type { Config } from '../config/settings.ts'
import type { Progress } from './progress.ts'
import type { Shape } from './shape.ts'
import type { Value } from './values.ts'

/** The output streams of a command. */
export type Output = {
  /** The result, on standard output. */
  readonly print: (line: string) => void
  /** Messages, on standard error. */
  readonly complain: (text: string) => void
}

/** The input of a command. Its options and operands have been checked against its facts. */
export type CommandInput = {
  readonly config: Config
  /** One for each of the command's `operands`. */
  readonly operands: readonly string[]
  readonly output: Output
  /** The values of the command's own options, or their defaults. */
  readonly flags: Readonly<Record<string, string | undefined>>
  /** The values of repeatable options. */
  readonly lists: Readonly<Record<string, readonly string[]>>
  /** The given options that take no value. */
  readonly switches: ReadonlySet<string>
  /** The program to start and its arguments, which follow `--`; empty for a command that starts none. */
  readonly program: readonly string[]
  /** The environment of this process. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether the result is printed as JSON. */
  readonly json: boolean
  readonly progress: Progress
}

/** An option of one command. Without `takes` it is a switch. */
export type CommandOption = {
  readonly about: string
  readonly takes?: Value
  readonly required?: true
  /** The option may be given several times. */
  readonly repeats?: true
  /** The value when the option is absent. */
  readonly byDefault?: string
}

/** A positional argument of a command. */
type Operand = { readonly about: string; readonly takes: Value }

/** An example command line with its description. */
type Example = { readonly line: string; readonly about: string }

/** The shape that `--json` prints: one document, or one document per line. */
type JsonFacts = { readonly shape: Shape; readonly lines?: true }

/** The declared facts of a command, from which parsing, help, shell completion and the reference page are generated. */
export type Command = {
  /** The words of the command, for example `audit verify`. */
  readonly name: string
  /** What the command does: one line, in the imperative. */
  readonly about: string
  /** Further paragraphs of help. */
  readonly details?: readonly string[]
  readonly operands?: readonly Operand[]
  readonly options?: Readonly<Record<string, CommandOption>>
  /** The command starts a program, which follows `--` with its arguments. Says what it is started for. */
  readonly program?: string
  /** The relevant settings, by option name, or `all`; the command accepts every setting. */
  readonly settings: readonly string[] | 'all'
  /** Settings that the command refuses as options, since they read like one of its own, with what is expected instead. */
  readonly confusable?: Readonly<Record<string, string>>
  readonly examples: readonly [Example, ...Example[]]
  /** Absent for a command that prints a program. */
  readonly json?: JsonFacts
  /** The command may take longer than two seconds, and then reports its progress. */
  readonly slow?: true
  /** Holdfast starts the command itself; help does not show it. */
  readonly hidden?: true
  /** Runs the command and returns the exit status. It imports its code itself, so that other commands start fast. */
  readonly run: (input: CommandInput) => Promise<number>
}

/** The exit status of invalid usage or configuration, also of a name or ID that nothing has. */
export const EXIT_USAGE = 2
/** The exit status of a command that failed, or whose verification failed. */
export const EXIT_FAILURE = 1

/** How usage lines show the program that a command starts. */
export const PROGRAM_USAGE = '-- PROGRAM [ARGUMENT...]'

/** The exit status of a command that answers that access is or would be denied. */
export const EXIT_REFUSED = 3

/** The KMS key of a volume is disabled, pending deletion, missing or of another kind. */
export const EXIT_KEY = 4
/** KMS gave no answer about a volume. */
export const EXIT_NO_ANSWER = 5
/** The header of a volume is damaged or of another volume, or KMS does not accept its ciphertext. */
export const EXIT_HEADER = 6
/** The decrypted key does not open the volume. */
export const EXIT_MISMATCH = 7
/** A program, a device or a file system failed or is missing. */
export const EXIT_MACHINE = 8
/** A volume is open, is not open, is in use, or is not empty. */
export const EXIT_STATE = 9

/**
 * The exit statuses of a command that starts a program, when it does not start it.
 *
 * Source: POSIX, "env", and GNU Coreutils, "timeout", use them so: programs themselves rarely end with them.
 */
export const EXIT_NOT_STARTED = 125
/** The program exists and cannot be executed. */
export const EXIT_NOT_EXECUTABLE = 126
/** There is no such program. */
export const EXIT_NOT_FOUND = 127

/** Every exit status with its meaning, for help and the reference page. */
export const EXIT_STATUSES: readonly (readonly [number, string])[] = [
  [0, 'success'],
  [EXIT_FAILURE, 'the command failed, a verification failed, or the server is not ready'],
  [
    EXIT_USAGE,
    'invalid usage or configuration; also a file, key, account, event or name that does not exist',
  ],
  [EXIT_REFUSED, 'access is denied, or would be (simulate, policy what-if, volume)'],
  [EXIT_KEY, 'the KMS key is disabled, pending deletion, missing or of another kind (volume)'],
  [EXIT_NO_ANSWER, 'KMS gave no answer (volume)'],
  [EXIT_HEADER, 'the header is damaged, of another volume, or has a ciphertext that KMS refuses (volume)'],
  [EXIT_MISMATCH, 'the decrypted key, or the recovery key, does not open the volume (volume)'],
  [EXIT_MACHINE, 'a program, a device or a file system failed or is missing (volume)'],
  [EXIT_STATE, 'the volume is open, is not open, is in use, or is not empty (volume)'],
  [EXIT_NOT_STARTED, 'a value was not decrypted, so the program was not started (exec)'],
  [EXIT_NOT_EXECUTABLE, 'the program cannot be executed (exec)'],
  [EXIT_NOT_FOUND, 'the program was not found (exec)'],
]

/** The usage line of a command: its name, its operands and the place of its options. */
export function commandUsage({
  name,
  operands = [],
  program,
}: Pick<Command, 'name' | 'operands' | 'program'>): string {
  const tail = program === undefined ? [] : [PROGRAM_USAGE]
  return [name, ...operands.map(({ takes }) => takes.name), '[OPTIONS]', ...tail].join(' ')
}
