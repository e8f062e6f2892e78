import type { FormattedEvent } from '../audit/events/service-event.ts'
import type { Urgency } from '../audit/log/journal.ts'
import type { Change } from '../store/records.ts'

/** Where calls become durable before they are answered. */
export type Journal = {
  /** Resolves once the event is durable. @throws AuditUnavailable; then it may not be. */
  readonly append: (eventJson: string, urgency?: Urgency) => Promise<void>
  /**
   * Makes the changes and their events durable together, or neither.
   *
   * @throws StoreConflict, StoreFailure, AuditUnavailable; nothing has changed then.
   */
  readonly commit: (
    changes: readonly Change[],
    events: readonly FormattedEvent[],
    urgency?: Urgency,
  ) => Promise<void>
}
