import { systemClock } from '../base/ports.ts'
import { ConfigError } from '../config/setting.ts'
import type { CommandInput } from './command.ts'

/** Milliseconds per hour. */
export const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const DEFAULT_DAYS = 30

/** A range of time without its end, and the present. */
export type TimeRange = { readonly fromMs: number; readonly toMs: number; readonly now: number }

/** The range of `--from` and `--to`. @throws ConfigError when it is empty or in the future. */
export function parseRange({ flags, output }: Pick<CommandInput, 'flags' | 'output'>): TimeRange {
  const { from, to } = flags
  const now = systemClock.now()
  const toMs = to === undefined ? now : Date.parse(to)
  const fromMs = from === undefined ? toMs - DEFAULT_DAYS * DAY_MS : Date.parse(from)
  if (fromMs >= toMs) throw new ConfigError(`--from: expected a time before --to; got '${from}'`)
  if (fromMs > now) throw new ConfigError(`--from: expected a time in the past; got '${from}'`)
  if (toMs > now) output.complain('warning: --to is in the future; calls and keys are counted up to now')
  return { fromMs, toMs, now }
}
