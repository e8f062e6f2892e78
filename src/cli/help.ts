import { SETTING_FACTS } from '../config/settings.ts'
import type { Command, CommandOption } from './command.ts'
import { formatShape } from './shape.ts'

/** The width of help, in columns. */
export const HELP_WIDTH = 100

/** The help text of an option: its purpose, its value and its default. */
export function optionText({ about, takes, byDefault, required, repeats }: CommandOption): string {
  const notes = [
    ...(required === true ? ['required'] : []),
    ...(takes === undefined || takes.completes !== undefined || isIn(about, takes) ? [] : [takes.expected]),
    ...(byDefault === undefined ? [] : [`default: ${byDefault}`]),
    ...(repeats === true ? ['may be repeated'] : []),
  ]
  return notes.length === 0 ? about : `${about} (${notes.join('; ')})`
}

/** Whether the purpose of an option already says what its value is: `the verifier key` of `a verifier key`. */
function isIn(about: string, { expected }: { readonly expected: string }): boolean {
  return about.toLowerCase().includes(expected.replace(/^an? /, ''))
}

/** The help lines of a command's relevant settings. */
export function settingLines({ settings }: Pick<Command, 'settings'>): readonly string[] {
  const shown = SETTING_FACTS.filter(({ flag }) => settings === 'all' || settings.includes(flag))
  if (shown.length === 0) return []
  const flagWidth = Math.max(...shown.map(({ flag }) => flag.length))
  const variableWidth = Math.max(...shown.map(({ variable }) => variable.length))
  return [
    '',
    'Settings (an option wins over its variable):',
    ...shown.map(({ flag, variable, about, byDefault }) => {
      const suffix = byDefault === undefined ? '' : ` (default: ${byDefault})`
      return `  --${flag.padEnd(flagWidth)}  ${variable.padEnd(variableWidth)}  ${about}${suffix}`
    }),
  ]
}

/** The help lines about the output of `--json`. */
export function jsonLines({ json }: Pick<Command, 'json'>): readonly string[] {
  if (json === undefined) return []
  const title = json.lines === true ? 'JSON, a document on each line:' : 'JSON:'
  return ['', title, `  ${formatShape(json.shape)}`]
}

/** The help lines of a command's examples. */
export function exampleLines({ examples }: Pick<Command, 'examples'>): readonly string[] {
  return ['', 'Examples:', ...examples.flatMap(({ line, about }) => [`  # ${about}`, `  ${line}`])]
}
