import { ConfigError } from '../config/setting.ts'
import type { CommandInput } from './command.ts'

/** The value of a flag that a command cannot do without. @throws ConfigError. */
export function requireFlag({ flags }: Pick<CommandInput, 'flags'>, name: string): string {
  const value = flags[name]
  if (value === undefined || value === '') throw new ConfigError(`--${name} is missing`)
  return value
}
