import type { EpochMs } from '../base/ports.ts'

const DATE_PARTS = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
})

/** A time as CloudTrail writes it in requests and responses: `May 21, 2025, 5:47:45 AM`. */
export function eventDate(at: EpochMs): string {
  return DATE_PARTS.format(at).replaceAll('\u202f', ' ')
}
