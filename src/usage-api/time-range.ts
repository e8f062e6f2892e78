import { KmsError } from '../api/errors.ts'
import { optional, timestamp } from '../api/shapes.ts'

const DAY_MS = 86_400_000
/** As far back as LookupEvents looks. Source: AWS CloudTrail API Reference, "LookupEvents". */
const RANGE_MAX_DAYS = 90

/** The members that say which recorded calls are asked about. */
export const RANGE_INPUT = { StartTime: optional(timestamp()), EndTime: optional(timestamp()) }

/** Milliseconds since 1970; both ends are included. */
export type TimeRange = { readonly fromMs: number; readonly toMs: number }

/** The range that a call asks for: the last days where it does not say. */
export function rangeOf(
  { StartTime, EndTime }: { readonly StartTime?: number | undefined; readonly EndTime?: number | undefined },
  now: number,
  days: number,
): TimeRange {
  const toMs = EndTime ?? now
  return { fromMs: StartTime ?? toMs - days * DAY_MS, toMs }
}

/** The range, if it can be looked through; that of a token too, which the caller may have made. @throws InvalidTimeRangeException. */
export function checkRange(range: TimeRange): TimeRange {
  const { fromMs, toMs } = range
  if (fromMs > toMs) throw new KmsError('InvalidTimeRangeException', 'StartTime is after EndTime.')
  if (fromMs >= 0 && toMs - fromMs <= RANGE_MAX_DAYS * DAY_MS) return range
  const message = `The time range must begin after 1970 and be at most ${RANGE_MAX_DAYS} days long.`
  throw new KmsError('InvalidTimeRangeException', message)
}
