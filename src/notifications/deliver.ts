import { utf8 } from '../base/bytes.ts'
import type { Log } from '../base/log.ts'
import type { Clock, EpochMs, Random } from '../base/ports.ts'
import type { WebhookPost } from '../client/webhook.ts'
import type { FileLock } from '../store/file-lock.ts'
import { type Records, remove, replace, type Stored } from '../store/records.ts'
import type { DeadLetter } from './dead-letters.ts'
import { DELAY_MAX_MS, delayMs, type Endpoint, PAUSE_MAX_MS } from './endpoint.ts'
import { type EndpointValue, findEndpoint, listWaiting, type WaitingValue } from './notification-records.ts'
import { signatureHeaders } from './webhook-signature.ts'

/** The dependencies of delivery. */
export type DeliverDependencies = {
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly post: (post: WebhookPost) => Promise<number>
  /** Moves events to the dead letters. */
  readonly bury: (letters: readonly DeadLetter[]) => Promise<void>
  /** Claims the lock for an endpoint; nothing when another process has it. */
  readonly claimLock: (endpointId: string) => FileLock | undefined
  /** The sender's user agent. */
  readonly userAgent: string
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal
}

/** Events that may wait for one endpoint; beyond it, the oldest become dead letters. */
export const WAITING_MAX = 5000
/** How long one turn begins attempts: the next turn reads what has arrived since. */
export const TURN_MAX_MS = 60_000
/** Records that are removed in one commit. */
const REMOVED_MAX = 500

const STATUS_GONE = 410
const HOUR_MS = 3_600_000
const SECOND_MS = 1000

/**
 * Sends the due events of an endpoint, one after the other, in the order of arrival. A failed event waits for
 * its next attempt without delaying later ones; the endpoint rests meanwhile.
 */
export async function deliverTo(dependencies: DeliverDependencies, endpoint: Endpoint): Promise<void> {
  const lock = dependencies.claimLock(endpoint.id)
  if (lock === undefined) return
  try {
    await deliverDue(dependencies, endpoint)
  } finally {
    lock.release()
  }
}

async function deliverDue(dependencies: DeliverDependencies, endpoint: Endpoint): Promise<void> {
  const { records, clock, stopping } = dependencies
  await records.refresh()
  const state = await findEndpoint(records, endpoint.id)
  if (isPaused(state, clock)) return
  const waiting = await listWaiting(records, endpoint.id)
  if (state?.value.goneAt !== undefined) {
    await putAway(dependencies, endpoint, waiting, 'the endpoint has said that it is gone')
    return
  }
  const tooMany = waiting.slice(0, Math.max(0, waiting.length - WAITING_MAX))
  await putAway(dependencies, endpoint, tooMany, `more than ${WAITING_MAX} events waited`)
  const begunAt = clock.monotonicMs()
  for (const entry of dueAmong(waiting.slice(tooMany.length), clock.now())) {
    const goesOn = await attempt(dependencies, endpoint, entry)
    if (!goesOn || stopping.aborted || clock.monotonicMs() - begunAt >= TURN_MAX_MS) return
  }
}

/** Events with fewer failures come first, so that none waits for an event that is refused repeatedly. */
function dueAmong(waiting: readonly Stored<WaitingValue>[], now: EpochMs): readonly Stored<WaitingValue>[] {
  return waiting
    .filter(({ value }) => isOver(value.nextAt, now, DELAY_MAX_MS))
    .sort((a, b) => a.value.attempts - b.value.attempts)
}

function isPaused(state: Stored<EndpointValue> | undefined, clock: Clock): boolean {
  if (state === undefined || state.value.goneAt !== undefined) return false
  return !isOver(state.value.pausedUntil, clock.now(), PAUSE_MAX_MS)
}

/** A wait that ends later than any that begins now was measured by a clock that was set back since. */
function isOver(end: EpochMs, now: EpochMs, longestMs: number): boolean {
  return end <= now || end > now + longestMs
}

/** Sends one event; returns false when the endpoint must rest now. */
async function attempt(
  dependencies: DeliverDependencies,
  endpoint: Endpoint,
  entry: Stored<WaitingValue>,
): Promise<boolean> {
  const outcome = await send(dependencies, endpoint, entry.value)
  if (outcome === 'stopped') return false
  const state = await stateOf(dependencies, endpoint)
  if (outcome === 'taken') {
    const recovered =
      state.value.failures === 0 ? [] : [replace(state, { ...state.value, failures: 0, pausedUntil: 0 })]
    await dependencies.records.commit([remove(entry), ...recovered])
    return true
  }
  if (outcome === 'gone') {
    dependencies.log.error('a webhook endpoint is gone and gets no more events', {
      endpoint: endpoint.origin,
    })
    await dependencies.records.commit([replace(state, { ...state.value, goneAt: dependencies.clock.now() })])
    return false
  }
  await fail(dependencies, endpoint, { entry, state, reason: outcome.reason })
  return false
}

type Outcome = 'taken' | 'gone' | 'stopped' | { readonly reason: string }

async function send(
  { clock, post, stopping, userAgent }: DeliverDependencies,
  { url, ca, keys, retry }: Endpoint,
  { eventId, body }: WaitingValue,
): Promise<Outcome> {
  const timestamp = Math.floor(clock.now() / SECOND_MS)
  const headers = [
    ...['content-type', 'application/json', 'user-agent', userAgent],
    ...signatureHeaders(keys, { id: eventId, timestamp, body }),
  ]
  try {
    const { timeoutMs } = retry
    const status = await post({ url, ca, headers, body: utf8(body), timeoutMs, signal: stopping })
    if (status >= 200 && status <= 299) return 'taken'
    return status === STATUS_GONE ? 'gone' : { reason: `it answered ${status}` }
  } catch (error) {
    if (stopping.aborted) return 'stopped'
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

type Failure = {
  readonly entry: Stored<WaitingValue>
  readonly state: Stored<EndpointValue>
  readonly reason: string
}

/** Postpones an event, or makes it a dead letter after the last attempt; the endpoint rests meanwhile. */
async function fail(
  dependencies: DeliverDependencies,
  endpoint: Endpoint,
  { entry, state, reason }: Failure,
): Promise<void> {
  const { records, clock, log } = dependencies
  const { firstDelayMs, maxAttempts, maxAgeHours } = endpoint.retry
  const now = clock.now()
  const failures = state.value.failures + 1
  const pauseMs = Math.min(delayMs(firstDelayMs, failures, chance(dependencies.random)), PAUSE_MAX_MS)
  const rested = replace(state, { ...state.value, failures, pausedUntil: now + pauseMs })
  const attempts = entry.value.attempts + 1
  const isLast = attempts >= maxAttempts || now - entry.value.queuedAt >= maxAgeHours * HOUR_MS
  const facts = { endpoint: endpoint.origin, event: entry.value.eventId, attempts, reason }
  log.warn('an event could not be delivered', facts)
  if (isLast) {
    await putAway(dependencies, endpoint, [replaced(entry, attempts)], reason)
    await records.commit([rested])
    return
  }
  const nextAt = now + delayMs(firstDelayMs, attempts, chance(dependencies.random))
  await records.commit([replace(entry, { ...entry.value, attempts, nextAt }), rested])
}

/** The entry as its dead letter counts it. */
function replaced(entry: Stored<WaitingValue>, attempts: number): Stored<WaitingValue> {
  return { ...entry, value: { ...entry.value, attempts } }
}

/** Makes events dead letters: first it adds the letters, then it removes the events from the queue. */
export async function putAway(
  { records, clock, bury }: Pick<DeliverDependencies, 'records' | 'clock' | 'bury'>,
  { id, origin }: Pick<Endpoint, 'id' | 'origin'>,
  entries: readonly Stored<WaitingValue>[],
  reason: string,
): Promise<void> {
  if (entries.length === 0) return
  const at = new Date(clock.now()).toISOString()
  await bury(
    entries.map(({ value: { attempts, eventId, body } }) => ({
      ...{ at, endpointId: id, origin, reason, attempts, eventId, body },
    })),
  )
  for (let from = 0; from < entries.length; from += REMOVED_MAX) {
    await records.commit(entries.slice(from, from + REMOVED_MAX).map(remove))
  }
}

/**
 * The record of an endpoint, which exists before its first event. @throws Error when it was removed since.
 */
async function stateOf(
  { records }: DeliverDependencies,
  { id, origin }: Endpoint,
): Promise<Stored<EndpointValue>> {
  const state = await findEndpoint(records, id)
  if (state === undefined) throw new Error(`the state of the endpoint ${origin} was removed`)
  return state
}

const CHANCE_RANGE = 2 ** 32

/** A number from 0 to 1. */
function chance(random: Random): number {
  return new DataView(random.bytes(4).slice().buffer).getUint32(0) / CHANCE_RANGE
}
