import { CommanderError, Help, Command as Parser } from 'commander'
import { UsageError } from '../base/usage-error.ts'
import { VERSION } from '../base/version.ts'
import { ConfigError } from '../config/setting.ts'
import { SETTING_FACTS } from '../config/settings.ts'
import { type Command, type CommandOption, EXIT_STATUSES, type Output, PROGRAM_USAGE } from './command.ts'
import { COMMANDS } from './commands.ts'
import { GROUPS } from './groups.ts'
import { exampleLines, HELP_WIDTH, jsonLines, optionText, settingLines } from './help.ts'
import { optionsOf } from './options.ts'
import { wrongValue } from './values.ts'

/** A called command with its unchecked operands and options; settings are separate. */
export type Called = {
  readonly command: Command
  readonly operands: readonly string[]
  /** The command's own options, by name. */
  readonly given: Readonly<Record<string, unknown>>
  /** The given settings, by option name. */
  readonly settings: Readonly<Record<string, string>>
  /** What follows `--`, for a command that starts a program. */
  readonly program: readonly string[]
}

/** The error of a missing command, for which help was printed. */
export class HelpPrinted extends UsageError {
  override readonly name = 'HelpPrinted'
}

const HELP = ['-h, --help', 'Print this help'] as const

/**
 * Finds the command that arguments call. Prints help or the release where they ask for it, and returns nothing.
 *
 * @throws ConfigError for invalid usage, with a suggestion where there is a similar name; {@link HelpPrinted}.
 */
export function parseArguments(args: readonly string[], output: Output): Called | undefined {
  const found: { called?: Called } = {}
  const end = args.indexOf('--')
  // What follows `--` is neither a command nor an option of Holdfast, whatever it looks like.
  const [before, after] = end === -1 ? [args, []] : [args.slice(0, end), args.slice(end + 1)]
  const program = buildProgram(output, (called) => {
    const takesProgram = called.command.program !== undefined
    const operands = takesProgram ? called.operands : [...called.operands, ...after]
    found.called = { ...called, operands, program: takesProgram ? after : [] }
  })
  const words = before[0] === 'help' ? [...before.slice(1), '--help'] : before
  try {
    program.parse(withoutLostHelp(program, words).map(withoutLostValue), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
  }
  return found.called
}

/** The parser prints help before it finds that a command does not exist, so `--help` is removed for unknown commands. */
function withoutLostHelp(program: Parser, args: readonly string[]): readonly string[] {
  let parser = program
  for (const word of args) {
    if (word.startsWith('-') || parser.commands.length === 0) return args
    const next = parser.commands.find((command) => command.name() === word)
    if (next === undefined) return args.filter((arg) => arg !== '--help' && arg !== '-h')
    parser = next
  }
  return args
}

/** An unknown option without its value: the parser can then suggest a similar name. */
function withoutLostValue(arg: string): string {
  const [, name = ''] = /^--([^=]+)=/.exec(arg) ?? []
  return name === '' || OPTION_NAMES.has(name) ? arg : `--${name}`
}

const OPTION_NAMES: ReadonlySet<string> = new Set([
  ...SETTING_FACTS.map(({ flag }) => flag),
  ...COMMANDS.flatMap((command) => Object.keys(optionsOf(command))),
  ...['help', 'version'],
])

function buildProgram(output: Output, onCall: (called: Called) => void): Parser {
  const program = new Parser('holdfast')
    .description('A key management service that speaks the AWS KMS API')
    .usage('COMMAND [OPTIONS]')
    .version(VERSION, '--version', 'Print the release')
    .helpOption(...HELP)
    .helpCommand(false)
    .configureHelp({ helpWidth: HELP_WIDTH, subcommandTerm: termOf, formatHelp: withoutSettings })
    .configureOutput({
      writeOut: (text) => output.print(text.trimEnd()),
      writeErr: (text) => output.complain(text.trimEnd()),
      outputError: () => {},
    })
  setExit(program, 'holdfast')
  for (const { flag } of SETTING_FACTS) program.option(`--${flag} <VALUE>`)
  program.addHelpText('after', () => ROOT_NOTES.join('\n'))
  for (const command of COMMANDS) addCommand(program, command, onCall)
  return program
}

function termOf(parser: Parser): string {
  return [parser.name(), ...parser.registeredArguments.map((argument) => argument.name())].join(' ')
}

/** The parser's help without settings, which have a section of their own. */
function withoutSettings(parser: Parser, help: Help): string {
  const names = new Set(SETTING_FACTS.map(({ flag }) => `--${flag}`))
  const visible = help.visibleOptions.bind(help)
  help.visibleOptions = (of) => visible(of).filter(({ long }) => !names.has(long ?? ''))
  return Help.prototype.formatHelp.call(help, parser, help)
}

const ROOT_NOTES = [
  '',
  'Run `holdfast COMMAND --help` for the options and examples of a command.',
  'Run `holdfast serve --help` for all settings. Every command accepts them, as options or HOLDFAST_ variables.',
  'Exit status:',
  ...EXIT_STATUSES.map(([status, meaning]) => `  ${status}  ${meaning}`),
]

function addCommand(program: Parser, command: Command, onCall: (called: Called) => void): void {
  const words = command.name.split(' ')
  const parent = words.slice(0, -1).reduce(groupIn, program)
  const parser = parent
    .command(words.at(-1) ?? '', { hidden: command.hidden === true })
    .description([`${command.about}.`, ...(command.details ?? [])].join('\n\n'))
    .summary(command.about)
    .usage(usageOf(command))
    .helpOption(...HELP)
    .helpCommand(false)
    .allowExcessArguments(true)
  setExit(parser, `holdfast ${command.name}`)
  for (const { takes, about } of command.operands ?? []) parser.argument(`[${takes.name}]`, about)
  for (const [name, option] of Object.entries(optionsOf(command))) addOption(parser, name, option)
  parser.addHelpText('after', () =>
    [...settingLines(command), ...jsonLines(command), ...exampleLines(command)].join('\n'),
  )
  parser.action(() => {
    onCall({
      command,
      operands: parser.args,
      given: { ...passedOn(parser, command), ...namedValues(parser) },
      settings: textsOf(program),
      program: [],
    })
  })
}

/**
 * The options that the parser assigned to the parent command, for example `report` of `report verify`. They exist
 * here with the same meaning, or not at all.
 */
function passedOn({ parent }: Parser, command: Command): Readonly<Record<string, unknown>> {
  if (parent === null || parent.parent === null) return {}
  const given = namedValues(parent)
  const foreign = Object.keys(given).find((name) => optionsOf(command)[name] === undefined)
  if (foreign !== undefined)
    throw new ConfigError(`unknown option '--${foreign}'. See holdfast ${command.name} --help`)
  return { ...passedOn(parent, command), ...given }
}

/** The values of the given options by their names; the parser stores them under names in camel case. */
function namedValues(parser: Parser): Readonly<Record<string, unknown>> {
  const values = parser.opts()
  return Object.fromEntries(
    parser.options
      .map((option) => [option.name(), values[option.attributeName()]] as const)
      .filter(([, value]) => value !== undefined),
  )
}

function textsOf(parser: Parser): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(namedValues(parser))) {
    if (typeof value === 'string') texts[name] = value
  }
  return texts
}

function groupIn(parent: Parser, word: string): Parser {
  const present = parent.commands.find((command) => command.name() === word)
  if (present !== undefined) return present
  const name = parent.parent === null ? word : `${parent.name()} ${word}`
  const group = parent
    .command(word)
    .description(GROUPS[name] ?? '')
    .usage('COMMAND [OPTIONS]')
    .helpOption(...HELP)
    .helpCommand(false)
  setExit(group, `holdfast ${name}`)
  return group
}

function addOption(parser: Parser, name: string, option: CommandOption): void {
  const { takes, repeats } = option
  const value = takes === undefined ? '' : ` <${takes.name}>`
  const text = optionText(option)
  if (repeats !== true) {
    parser.option(`--${name}${value}`, text)
    return
  }
  const collect = (one: string, before: readonly string[] = []): readonly string[] => [...before, one]
  parser.option(`--${name}${value}`, text, collect)
}

function usageOf(command: Command): string {
  const required = Object.entries(command.options ?? {})
    .filter(([, option]) => option.required === true)
    .map(([name, { takes }]) => `--${name} ${takes?.name}`)
  const operands = (command.operands ?? []).map(({ takes }) => takes.name)
  const program = command.program === undefined ? [] : [PROGRAM_USAGE]
  return [...operands, ...required, '[OPTIONS]', ...program].join(' ')
}

/** Makes the parser throw where it would end the process. */
function setExit(parser: Parser, line: string): void {
  parser.exitOverride((error) => {
    throw error.exitCode === 0 ? error : usageError(parser, error, line)
  })
}

/** The parser's error in the form of all commands. For a missing subcommand, help was printed. */
function usageError(parser: Parser, error: CommanderError, line: string): UsageError {
  if (error.code === 'commander.help') return new HelpPrinted()
  const [, quoted = ''] = /'(.*?)'(?:\n| argument|$)/s.exec(error.message) ?? []
  const [name = '', ...rest] = quoted.split(/[ =]/)
  if (error.code === 'commander.optionMissingArgument')
    return wrongValue(name, { expected: expectedOf(line, name) }, undefined)
  if (parser.options.some(({ long }) => long === name))
    return wrongValue(name, { expected: 'no value' }, rest.join('='))
  const [, meant] = /\(Did you mean (.*)\?\)/.exec(error.message) ?? []
  const what = error.code === 'commander.unknownCommand' ? 'command' : 'option'
  const hint = meant === undefined ? '.' : `. Did you mean ${meant}?`
  const shown = what === 'option' ? name : quoted
  return new ConfigError(`unknown ${what} '${shown}'${hint} See ${line} --help`)
}

/** The expected value of an option, which is the command's own or a setting. */
function expectedOf(line: string, long: string): string {
  const name = long.slice('--'.length)
  const command = COMMANDS.find((one) => line === `holdfast ${one.name}`)
  const setting = SETTING_FACTS.find(({ flag }) => flag === name)
  return command?.options?.[name]?.takes?.expected ?? setting?.expected ?? 'a value'
}
