import type { EpochMs } from '../base/ports.ts'

/** `YYYYMMDDTHHMMSSZ`, the only form of a timestamp in signed text. Fractions are cut off. */
export function formatAmzDate(at: EpochMs): string {
  const iso = new Date(at).toISOString()
  const date = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10)
  return `${date}T${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
}

/** The time of a `YYYYMMDDTHHMMSSZ`, or nothing for a time that does not exist. */
export function parseAmzDate(text: string): EpochMs | undefined {
  if (text.length !== 16 || text[8] !== 'T' || text[15] !== 'Z') return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 4, 6)
  const day = digits(text, 6, 8)
  const hour = digits(text, 9, 11)
  const minute = digits(text, 11, 13)
  const second = digits(text, 13, 15)
  // Date.UTC would carry values that are out of range, and takes years below 100 for the 1900s.
  const exists =
    year >= 1970 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60
  return exists ? Date.UTC(year, month - 1, day, hour, minute, second) : undefined
}

/** The time of an HTTP `Date` (IMF-fixdate), or nothing. Source: RFC 9110, section 5.6.7. */
export function parseHttpDate(text: string): EpochMs | undefined {
  if (text.length !== IMF_FIXDATE_LENGTH) return undefined
  const at = Date.parse(text)
  return !Number.isNaN(at) && new Date(at).toUTCString() === text ? at : undefined
}

const IMF_FIXDATE_LENGTH = 'Sun, 06 Nov 1994 08:49:37 GMT'.length

const DAYS: readonly number[] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** 0 for a month that does not exist. */
function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return leap ? 29 : (DAYS[month] ?? 0)
}

/** The number in a part of a text; NaN, which is in no range, when it is not all digits. */
function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let index = from; index < to; index += 1) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}
