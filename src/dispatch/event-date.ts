import type { EpochMs } from '../base/ports.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const NOON = 12

/**
 * A time as CloudTrail writes it in requests and responses: `May 21, 2025, 5:47:45 AM`. `Intl.DateTimeFormat` would
 * format the same, and add 10 ms to the start of a process.
 */
export function eventDate(at: EpochMs): string {
  const date = new Date(at)
  const hours = date.getUTCHours()
  const [minutes, seconds] = [date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits)
  const day = `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}`
  return `${day}, ${hours % NOON || NOON}:${minutes}:${seconds} ${hours < NOON ? 'AM' : 'PM'}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
