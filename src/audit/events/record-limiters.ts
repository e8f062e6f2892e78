import type { Log } from '../../base/log.ts'
import { systemClock, systemTimers } from '../../base/ports.ts'
import type { Journal } from '../log/journal.ts'
import { type OwnEventDependencies, refusalsEvent, throttledEvent } from './own-events.ts'
import { RefusalLimiter, RefusalSummaries, type RefusalSummary } from './refusals.ts'

/** Decides which of very frequent calls get a record of their own. */
export type RecordLimiters = {
  readonly refused: RefusalLimiter
  readonly throttled: RefusalLimiter
  readonly close: () => Promise<void>
}

/** Both limiters; their counts are recorded. */
export function openRecordLimiters(journal: Journal, own: OwnEventDependencies, log: Log): RecordLimiters {
  const refused = new RefusalLimiter(systemClock)
  const throttled = new RefusalLimiter(systemClock)
  const summaries = [
    openSummaries(refused, (summary) => refusalsEvent(own, summary), journal, log),
    openSummaries(throttled, (summary) => throttledEvent(own, summary), journal, log),
  ]
  return {
    refused,
    throttled,
    close: async () => void (await Promise.all(summaries.map(({ close }) => close()))),
  }
}

/** Records, once a minute and at the end, how many calls were only counted. */
export function openSummaries(
  limiter: RefusalLimiter,
  eventOf: (summary: RefusalSummary) => string,
  journal: Journal,
  log: Log,
): { readonly close: () => Promise<void> } {
  const writing = new Set<Promise<void>>()
  const summaries = new RefusalSummaries(limiter, systemTimers, (summary) => {
    const written = journal
      .append(eventOf(summary))
      .catch((error) => log.error(`refused calls could not be counted: ${error}`))
      .finally(() => writing.delete(written))
    writing.add(written)
  })
  return {
    close: async () => {
      summaries[Symbol.dispose]()
      summaries.flush()
      await Promise.all(writing)
    },
  }
}
