/** Settings and the lookup of their values. Each group of settings has its own file. */

import { redactUrl } from '../base/redact-url.ts'
import { UsageError } from '../base/usage-error.ts'

/** The error of an unknown setting or option, or of an invalid value. The message says what is expected. */
export class ConfigError extends UsageError {
  override readonly name = 'ConfigError'
}

/** A setting: its option, its environment variable and its values. */
export type Setting<T> = {
  /** `HOLDFAST_...` */
  readonly variable: string
  /** The name without dashes. */
  readonly flag: string
  readonly byDefault: string | undefined
  readonly about: string
  /** The description of a valid value, for messages. */
  readonly expected: string
  /** The value, or nothing when the text is invalid. */
  readonly parse: (text: string) => T | undefined
}

/** Declares a setting with the type of its value. */
export function setting<T>(setting: Setting<T>): Setting<T> {
  return setting
}

/** Declares a setting that takes the path of a file and has no default. */
export function pathSetting(names: Pick<Setting<string>, 'variable' | 'flag' | 'about'>): Setting<string> {
  return { ...names, byDefault: undefined, expected: 'a path', parse: parsePath }
}

/** Parses any text except the empty one. */
export function parsePath(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** Parses a decimal whole number from `min` to `max`, both included. */
export function parseWithin(text: string, min: number, max: number): number | undefined {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : undefined
}

/** The sources of settings. */
export type Given = {
  /** Values of options, by name without dashes. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A setting's text, from the option, else from the variable; nothing when neither is given. */
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
  throw new ConfigError(`${nameOf(setting, given)}: expected ${setting.expected}; got '${redactUrl(text)}'`)
}

/** The name by which a setting was given: its option or its variable. */
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
