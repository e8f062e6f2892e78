/** Checks of values in JSON files that settings name. */

import { parseJsonText } from '../base/json-text.ts'
import { ConfigError } from './setting.ts'

/** Parses the text of a JSON file. @throws ConfigError. */
export function parseJsonFile(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch (cause) {
    throw new ConfigError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Parses a path: any text except the empty one. @throws ConfigError. */
export function path(value: unknown, where: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new ConfigError(`${where}: expected a path`)
}

/** Parses a list of 1 to `most` items. @throws ConfigError. */
export function list(value: unknown, where: string, most: number): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= most) return value
  throw new ConfigError(`${where}: expected a list of 1 to ${most}`)
}

/** Returns the members of an object. @throws ConfigError for an unknown member. */
export function members(
  value: unknown,
  where: string,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${where}: expected an object`)
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new ConfigError(`${where}: unknown member '${unknown}'; expected ${known.join(', ')}`)
  }
  return Object.fromEntries(Object.entries(value))
}
