import type { EventPattern, RetryPlan } from '../config/webhooks-file.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import type { StreamEvent } from './notification.ts'

/** An endpoint that is ready. */
export type Endpoint = {
  /** Of its URL: see {@link endpointIdOf}. */
  readonly id: string
  readonly url: string
  /** Scheme, host and port: the part of the URL that may be shown. */
  readonly origin: string
  /** Each signs every message. */
  readonly keys: readonly HmacKey[]
  /** PEM certificates to trust in addition to the system's. */
  readonly ca: string | undefined
  readonly patterns: readonly EventPattern[] | undefined
  readonly retry: RetryPlan
}

/** Whether an endpoint gets an event. */
export function isWanted({ patterns }: Pick<Endpoint, 'patterns'>, event: StreamEvent): boolean {
  if (patterns === undefined) return true
  return patterns.some(
    ({ sources, detailTypes }) =>
      (sources === undefined || sources.includes(event.source)) &&
      (detailTypes === undefined || detailTypes.includes(event['detail-type'])),
  )
}

/** The longest time between two attempts. */
export const DELAY_MAX_MS = 7_200_000
/** The longest rest of an endpoint. */
export const PAUSE_MAX_MS = 60_000

/**
 * How long to wait after so many failures: twice as long each time, and a random time between half and all of
 * that, so that senders do not all come at once.
 *
 * @param chance from 0 to 1.
 */
export function delayMs(firstDelayMs: number, failures: number, chance: number): number {
  const longest = Math.min(firstDelayMs * 2 ** Math.min(failures - 1, DOUBLINGS_MAX), DELAY_MAX_MS)
  return Math.round(longest / 2 + (longest / 2) * chance)
}

/** Beyond it every delay is the longest. */
const DOUBLINGS_MAX = 30
