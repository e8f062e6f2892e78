import { join } from 'node:path'
import { ANNOUNCEMENTS, type Announce, announcer, formatAnnouncement } from '../audit/events/announcement.ts'
import type { OwnEventDependencies } from '../audit/events/own-events.ts'
import { OWN_SOURCE } from '../audit/events/service-event.ts'
import { parseEvent } from '../audit-index/event-record.ts'
import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import { recordGatherer } from '../audit-index/thread/read-log.ts'
import type { Log } from '../base/log.ts'
import { postWebhook } from '../client/webhook.ts'
import type { FileLock } from '../store/file-lock.ts'
import { IntegrityError, type Records } from '../store/records.ts'
import { AlarmLimiter, type CollectDependencies, collectEvents } from './collect.ts'
import { addDeadLetters, type DeadLetterDependencies } from './dead-letters.ts'
import { type DeliverDependencies, deliverTo } from './deliver.ts'
import type { Endpoint } from './endpoint.ts'
import { lastUseFinder } from './last-use.ts'
import { eventOfServiceRecord, type StreamEvent } from './notification.ts'
import { forgetEndpoints, type QueueDependencies, takeEvents } from './queue.ts'
import { recentUseWarning } from './recent-use.ts'

/** The dependencies of the service. */
export type EventServiceDependencies = OwnEventDependencies & {
  readonly records: Records
  readonly index: IndexThread
  readonly log: Log
  readonly sleep: (delayMs: number) => Promise<void>
  /** This process's node in the audit log. */
  readonly node: string
  /** Makes a record of the audit log durable. */
  readonly append: (eventJson: string) => Promise<void>
  /** The folder of events in the data folder; it exists. */
  readonly folder: string
  readonly claimLock: (path: string) => FileLock | undefined
  /** The region of events that concern no region. */
  readonly region: string
  readonly endpoints: readonly Endpoint[]
  readonly recentUseDays: number
}

type Job = { readonly name: string; readonly everyMs: number; readonly run: () => Promise<void> }

/** Delivers events, from the audit log to the operator's log and to webhooks. */
export type EventService = {
  /** See `jobs/scheduler.ts`. */
  readonly jobs: readonly Job[]
  /** Callers need not wait for it: {@link EventService.close} does. */
  readonly announce: Announce
  /** Raises an alarm for data that is not as it was written; the same alarm once in a while. */
  readonly alarm: (reason: string) => void
  /** The same jobs, with an alarm for a record that does not open. */
  readonly watched: (jobs: readonly Job[]) => readonly Job[]
  /** Aborts deliveries, which the next start repeats, and waits for announcements. */
  readonly close: () => Promise<void>
}

/** How often the audit log is read. Its head is saved once a second at most. */
const COLLECT_INTERVAL_MS = 1000
/** How often a queue is read. */
const DELIVER_INTERVAL_MS = 500
const COLLECT_LOCK_FILE = 'collect.lock'
const USER_AGENT = 'Holdfast-Webhook'

/** The service with these dependencies. */
export function openEventService(dependencies: EventServiceDependencies): EventService {
  const { records, clock, random, log, region, folder } = dependencies
  const stopping = new AbortController()
  const letters: DeadLetterDependencies = dependencies
  const bury: DeliverDependencies['bury'] = async (dead) => {
    const dropped = await addDeadLetters(letters, dead)
    log.error('events were put among the dead letters', { events: dead.length, reason: dead[0]?.reason })
    if (dropped > 0) log.error('the oldest dead letters were dropped', { events: dropped })
  }
  const queue: QueueDependencies = { ...dependencies, bury }
  const notifyDirectly = async (json: string): Promise<void> => {
    const event = eventOfServiceRecord(parseEvent(json), region)
    if (event === undefined) return
    notifyOperator(log, event)
    await takeEvents(queue, [event]).catch((error) => log.error(`an event could not be queued: ${error}`))
  }
  const record = announcer({ ...dependencies, notifyDirectly: ({ json }) => notifyDirectly(json) })
  const announcing = new Set<Promise<void>>()
  const announce: Announce = (announcement) => {
    const announced = record(announcement).finally(() => announcing.delete(announced))
    announcing.add(announced)
    return announced
  }
  const limiter = new AlarmLimiter(() => clock.monotonicMs())
  const alarm = (reason: string): void => {
    if (limiter.admit(reason)) void announce({ name: 'IntegrityAlarm', details: { reason } })
  }
  const findLastUse = lastUseFinder(dependencies.index)
  const collect: CollectDependencies = {
    records,
    gather: recordGatherer(dependencies.index),
    eventOf: async (record) =>
      eventOfServiceRecord(record, region) ??
      recentUseWarning(record, { findLastUse, recentUseDays: dependencies.recentUseDays }),
    take: async (events) => {
      for (const event of events) notifyOperator(log, event)
      await takeEvents(queue, events)
    },
    broken: async (node, reason) => {
      if (!limiter.admit(reason)) return
      const announcement = { name: 'IntegrityAlarm', details: { reason, node } } as const
      if (node !== dependencies.node) return announce(announcement)
      // A record of the alarm comes after the break, where nothing is read: so the event is queued without
      // it.
      const { json } = formatAnnouncement(announcement, dependencies)
      await notifyDirectly(json)
      await dependencies.append(json)
    },
    tidy: () => forgetEndpoints(queue),
    claimLock: () => dependencies.claimLock(join(folder, COLLECT_LOCK_FILE)),
  }
  const deliver: DeliverDependencies = {
    ...{ records, clock, random, log, bury, post: postWebhook, userAgent: USER_AGENT },
    claimLock: (id) => dependencies.claimLock(join(folder, `${id}.lock`)),
    stopping: stopping.signal,
  }
  return {
    jobs: [
      { name: 'event collection', everyMs: COLLECT_INTERVAL_MS, run: () => collectEvents(collect) },
      ...dependencies.endpoints.map((endpoint) => ({
        name: `event delivery to ${endpoint.origin}`,
        everyMs: DELIVER_INTERVAL_MS,
        run: () => deliverTo(deliver, endpoint),
      })),
    ],
    announce,
    alarm,
    watched: (jobs) => jobs.map((job) => ({ ...job, run: () => runWatched(job, alarm) })),
    close: async () => {
      stopping.abort()
      await Promise.all(announcing)
    },
  }
}

async function runWatched({ run }: Job, alarm: EventService['alarm']): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (error instanceof IntegrityError) alarm(error.message)
    throw error
  }
}

function notifyOperator(log: Log, event: StreamEvent): void {
  log[levelOf(event)]('event', { event })
}

/** Events of a key's life are information; those of Holdfast itself need attention. */
function levelOf(event: StreamEvent): keyof Log {
  if (event.source !== OWN_SOURCE) return 'info'
  return event['detail-type'] === ANNOUNCEMENTS.IntegrityAlarm ? 'error' : 'warn'
}
