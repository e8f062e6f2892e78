import type { EpochMs } from '../base/ports.ts'

/**
 * `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or a day and a time of day with or without seconds, a fraction
 * of them and an offset. Source: W3C note "Date and Time Formats", a profile of ISO 8601.
 */
const ISO_8601 =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|([+-])(\d\d):(\d\d))?)?)?)?$/
const EPOCH_SECONDS = /^-?\d{1,12}(?:\.\d{1,9})?$/

const MINUTE_MS = 60_000

/**
 * An instant from ISO 8601 text or from seconds since 1970; nothing for any other text. Four
 * digits are a year. Without an offset the time is UTC. Fractions are cut to milliseconds.
 */
export function parseInstant(text: string): EpochMs | undefined {
  const match = ISO_8601.exec(text)
  if (match !== null) return instantOf(match)
  return EPOCH_SECONDS.test(text) ? Math.trunc(Number(text) * 1000) : undefined
}

function instantOf(match: RegExpExecArray): EpochMs | undefined {
  const at = (group: number, otherwise: number): number => Number(match[group] ?? otherwise)
  const [year, month, day] = [at(1, 0), at(2, 1), at(3, 1)]
  const [hour, minute, second] = [at(4, 0), at(5, 0), at(6, 0)]
  const [offsetHour, offsetMinute] = [at(10, 0), at(11, 0)]
  const inRange =
    isDay(year, month, day) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    offsetHour <= 23 &&
    offsetMinute <= 59
  if (!inRange) return undefined
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
  const offset = (offsetHour * 60 + offsetMinute) * MINUTE_MS
  return match[9] === '-' ? local + offset : local - offset
}

/** Years before 100 are refused: `Date.UTC` takes them for the twentieth century. */
function isDay(year: number, month: number, day: number): boolean {
  if (year < 100 || month < 1 || month > 12 || day < 1) return false
  const monthDays = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return day <= monthDays
}
