import { redactUrl } from '../base/redact-url.ts'
import { ConfigError } from '../config/setting.ts'
import type { Command, CommandInput, CommandOption } from './command.ts'
import { optionsOf } from './options.ts'
import type { Called } from './program.ts'
import { type Value, wrongValue } from './values.ts'

/** The part of a command's input that follows from its arguments alone. */
type CheckedInput = Pick<CommandInput, 'operands' | 'flags' | 'lists' | 'switches' | 'program' | 'json'>

/** Checks operands and options against the facts of their command. @throws ConfigError. */
export function checkedInput({ command, operands, given, program }: Called): CheckedInput {
  const flags: Record<string, string> = {}
  const lists: Record<string, readonly string[]> = {}
  const switches = new Set<string>()
  checkOperands(command, operands)
  checkProgram(command, program)
  for (const [name, option] of Object.entries(optionsOf(command))) {
    const value = given[name]
    if (option.takes === undefined) {
      if (value === true) switches.add(name)
    } else if (Array.isArray(value)) {
      lists[name] = value.map((one) => checkValue(`--${name}`, option.takes, one))
    } else {
      const text = optionValue(name, option, value)
      if (text !== undefined) flags[name] = text
    }
  }
  const json = switches.has('json')
  if (json && given['format'] !== undefined && given['format'] !== 'json')
    throw new ConfigError(
      `--json and --format: expected one of them; got --json and --format ${flags['format']}`,
    )
  return { operands, flags, lists, switches, program, json }
}

function checkOperands({ name, operands: facts = [] }: Command, operands: readonly string[]): void {
  for (const [index, { takes }] of facts.entries()) checkValue(takes.name, takes, operands[index])
  const extra = operands[facts.length]
  if (extra === undefined) return
  // A value with spaces may have been given without quotes: its words are not repeated.
  if (facts.some(({ takes }) => takes.sensitive === true))
    throw new ConfigError(
      `unexpected argument after ${facts.at(-1)?.takes.name}. See holdfast ${name} --help`,
    )
  throw new ConfigError(`unexpected argument '${redactUrl(extra)}'. See holdfast ${name} --help`)
}

function checkProgram(command: Command, program: readonly string[]): void {
  if (command.program === undefined || (program[0] ?? '') !== '') return
  throw new ConfigError("PROGRAM: expected '--' and a program with its arguments; got nothing")
}

function optionValue(
  name: string,
  { takes, byDefault, required }: CommandOption,
  value: unknown,
): string | undefined {
  const text = typeof value === 'string' ? value : byDefault
  if (text === undefined && required !== true) return undefined
  return checkValue(`--${name}`, takes, text)
}

/** A value that begins like an option is the next option: the value itself is missing. */
function checkValue(name: string, takes: Value | undefined, text: string | undefined): string {
  if (takes === undefined) throw new Error(`${name} takes no value`)
  if (text === undefined || text.startsWith('--') || !takes.accepts(text)) throw wrongValue(name, takes, text)
  return text
}
