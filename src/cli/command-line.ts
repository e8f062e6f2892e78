import { KmsError } from '../api/errors.ts'
import { systemClock, systemTimers } from '../base/ports.ts'
import { printable } from '../base/printable.ts'
import { UsageError } from '../base/usage-error.ts'
import { ConfigError, processEnvironment } from '../config/setting.ts'
import { parseConfig, SETTING_FACTS } from '../config/settings.ts'
import { EXIT_FAILURE, EXIT_USAGE, type Output } from './command.ts'
import { checkedInput } from './command-input.ts'
import { outliveReader } from './outlive-reader.ts'
import { type Called, HelpPrinted, parseArguments } from './program.ts'
import { NO_PROGRESS, ShownProgress, type ShowProgress } from './progress.ts'

/** The environment of a command line. */
export type Surroundings = {
  readonly output: Output
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether standard error is a terminal: commands show progress there without `--progress`. */
  readonly isTerminal?: boolean
  /** Shows progress; without it, none is shown. */
  readonly showProgress?: ShowProgress
}

/** Runs `holdfast` with its arguments; returns the exit status. */
export async function runCommandLine(
  args: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  const { output } = surroundings
  try {
    return await run(args, surroundings)
  } catch (error) {
    if (error instanceof HelpPrinted) return EXIT_USAGE
    output.complain(`holdfast: ${error instanceof Error ? error.message : String(error)}`)
    return error instanceof UsageError || error instanceof KmsError ? EXIT_USAGE : EXIT_FAILURE
  }
}

async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { output, environment, isTerminal, showProgress } = surroundings
  const called = parseArguments(args, output)
  if (called === undefined) return 0
  const checked = checkedInput(called)
  const { command } = called
  const shows = command.slow === true && (isTerminal === true || checked.switches.has('progress'))
  try {
    const config = parseConfig({ flags: called.settings, environment })
    refuseConfusable(called)
    if (!shows || showProgress === undefined)
      return await command.run({ ...checked, config, environment, output, progress: NO_PROGRESS })
    using progress = new ShownProgress(showProgress, { clock: systemClock, timers: systemTimers })
    return await command.run({ ...checked, config, environment, output, progress })
  } catch (error) {
    throw error instanceof UsageError && command.hidden !== true ? namedAsGiven(error, called) : error
  }
}

/** @throws ConfigError for a setting that the command would ignore, where the caller means one of the command's own options. */
function refuseConfusable({ command, settings }: Called): void {
  for (const [flag, expected] of Object.entries(command.confusable ?? {})) {
    if (settings[flag] === undefined) continue
    throw new ConfigError(`--${flag}: expected ${expected}; got --${flag}`)
  }
}

/**
 * Messages name a setting by its variable. Where the caller gave the option, the message names the option. A hidden
 * command gets all its settings as options from the process that starts it, so its messages keep the variables.
 */
function namedAsGiven(error: UsageError, { settings }: Pick<Called, 'settings'>): UsageError {
  const given = SETTING_FACTS.filter(({ flag }) => settings[flag] !== undefined)
  const message = given.reduce(
    (text, { variable, flag }) => text.replaceAll(new RegExp(`\\b${variable}\\b`, 'g'), `--${flag}`),
    error.message,
  )
  return message === error.message ? error : new UsageError(message, { cause: error })
}

const CLEAR_LINE = '\r\u001b[K'

/** The surroundings of this process. Printing clears a line of progress on the terminal first. */
function processSurroundings(): Surroundings {
  const { stdout, stderr } = process
  stdout.on('error', outliveReader)
  stderr.on('error', outliveReader)
  const isTerminal = stderr.isTTY === true
  let shown = false
  const clear = (): void => {
    if (shown) stderr.write(CLEAR_LINE)
    shown = false
  }
  return {
    environment: processEnvironment(),
    isTerminal,
    output: {
      print: (line) => {
        clear()
        stdout.write(`${line}\n`)
      },
      // Messages may repeat text from files and arguments, so control characters are escaped.
      complain: (text) => {
        clear()
        stderr.write(`${text.split('\n').map(printable).join('\n')}\n`)
      },
    },
    showProgress: (line) => {
      clear()
      if (line === undefined) return
      stderr.write(isTerminal ? line : `holdfast: ${line}\n`)
      shown = isTerminal
    },
  }
}
