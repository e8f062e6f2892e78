/** What a setting is, and how its value is found. Each group of settings has a file of its own. */

import { UsageError } from '../base/usage-error.ts'

/** A setting or option is unknown or has an invalid value. The message says what is expected. */
export class ConfigError extends UsageError {
  override readonly name = 'ConfigError'
}

/** One setting: a flag, a variable, and what they take. */
export type Setting<T> = {
  /** `HOLDFAST_...` */
  readonly variable: string
  /** The name without dashes. */
  readonly flag: string
  readonly byDefault: string | undefined
  readonly about: string
  /** What a correct value is, for messages. */
  readonly expected: string
  /** The value, or nothing when the text is invalid. */
  readonly parse: (text: string) => T | undefined
}

/** A setting, with the type of its value. */
export function setting<T>(setting: Setting<T>): Setting<T> {
  return setting
}

/** A setting that is the path of a file, and has no default. */
export function pathSetting(names: Pick<Setting<string>, 'variable' | 'flag' | 'about'>): Setting<string> {
  return { ...names, byDefault: undefined, expected: 'a path', parse: parsePath }
}

/** Any text but the empty one. */
export function parsePath(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** A whole number in decimal, within limits that are allowed themselves. */
export function parseWithin(text: string, min: number, max: number): number | undefined {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : undefined
}

/** Where settings come from. */
export type Given = {
  /** Values of flags, by name without dashes. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A setting's text: of the flag, of the variable, or nothing when neither is given. */
export function findText({ flag, variable }: Setting<unknown>, given: Given): string | undefined {
  const text = given.flags[flag]
  return typeof text === 'string' ? text : given.environment[variable]
}

/** A setting's value; nothing when it is not set and has no default. @throws ConfigError. */
export function read<T>(setting: Setting<T>, given: Given): T | undefined {
  const text = findText(setting, given) ?? setting.byDefault
  if (text === undefined) return undefined
  const value = setting.parse(text)
  if (value !== undefined) return value
  throw new ConfigError(`${nameOf(setting, given)}: expected ${setting.expected}; got '${text}'`)
}

/** How a setting was given: the name of its option or of its variable. */
export function nameOf({ flag, variable }: Setting<unknown>, { flags }: Given): string {
  return typeof flags[flag] === 'string' ? `--${flag}` : variable
}

/** The value of a setting that has a default or must be set. @throws ConfigError. */
export function need<T>(setting: Setting<T>, given: Given): T {
  const value = read(setting, given)
  if (value === undefined)
    throw new ConfigError(`${setting.variable}: expected ${setting.expected}; got nothing`)
  return value
}

/** The environment of the process. Nothing else reads it. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env
}
