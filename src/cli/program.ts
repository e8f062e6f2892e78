import { CommanderError, Help, Command as Parser } from 'commander'
import { UsageError } from '../base/usage-error.ts'
import { VERSION } from '../base/version.ts'
import { ConfigError } from '../config/setting.ts'
import { SETTING_FACTS } from '../config/settings.ts'
import type { Command, CommandOption, Output } from './command.ts'
import { COMMANDS } from './commands.ts'
import { GROUPS } from './groups.ts'
import { exampleLines, HELP_WIDTH, jsonLines, optionText, settingLines } from './help.ts'
import { optionsOf } from './options.ts'
import { wrongValue } from './values.ts'

/** A command that was called, with what it was given: operands and options as they are, the settings apart. */
export type Called = {
  readonly command: Command
  readonly operands: readonly string[]
  /** Its own options, by name. */
  readonly given: Readonly<Record<string, unknown>>
  /** The options that are settings, by name. */
  readonly settings: Readonly<Record<string, string>>
}

/** Help was printed because a command is missing. */
export class HelpPrinted extends UsageError {
  override readonly name = 'HelpPrinted'
}

const HELP = ['-h, --help', 'Print this help'] as const

/**
 * Finds the command that arguments call; nothing when they ask for help or the release, which is printed.
 *
 * @throws ConfigError for invalid usage, with what was meant if that can be guessed; {@link HelpPrinted}.
 */
export function parseArguments(args: readonly string[], output: Output): Called | undefined {
  const found: { called?: Called } = {}
  const program = buildProgram(output, (called) => {
    found.called = called
  })
  const words = args[0] === 'help' ? [...args.slice(1), '--help'] : args
  try {
    program.parse(withoutLostHelp(program, words).map(withoutLostValue), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
  }
  return found.called
}

/** The parser prints help when it is asked for, before it finds that a command does not exist. */
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

/** An option that does not exist has no value: without it the parser finds what was meant. */
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

/** Settings are options that the parser suggests and that help lists by itself. */
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
  'Exit status 2: invalid usage or configuration.',
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
    })
  })
}

/**
 * The options that the parser took for those of the command above, such as `report` of `report verify`. They are the
 * same here, or do not exist.
 */
function passedOn({ parent }: Parser, command: Command): Readonly<Record<string, unknown>> {
  if (parent === null || parent.parent === null) return {}
  const given = namedValues(parent)
  const foreign = Object.keys(given).find((name) => optionsOf(command)[name] === undefined)
  if (foreign !== undefined)
    throw new ConfigError(`unknown option '--${foreign}'. See holdfast ${command.name} --help`)
  return { ...passedOn(parent, command), ...given }
}

/** The values of options that are given, by their names; the parser knows them by names in camel case. */
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
  return [...operands, ...required, '[OPTIONS]'].join(' ')
}

/** The parser ends the process otherwise. */
function setExit(parser: Parser, line: string): void {
  parser.exitOverride((error) => {
    throw error.exitCode === 0 ? error : usageError(parser, error, line)
  })
}

/** What is wrong, in the form that all commands use. A command without its subcommand has printed help. */
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

/** What an option takes, one of the command's own or a setting. */
function expectedOf(line: string, long: string): string {
  const name = long.slice('--'.length)
  const command = COMMANDS.find((one) => line === `holdfast ${one.name}`)
  const setting = SETTING_FACTS.find(({ flag }) => flag === name)
  return command?.options?.[name]?.takes?.expected ?? setting?.expected ?? 'a value'
}
