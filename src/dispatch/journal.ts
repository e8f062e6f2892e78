import type { FormattedEvent } from '../audit/events/service-event.ts'
import type { Urgency } from '../audit/log/journal.ts'
import type { Change } from '../store/records.ts'

/** Makes calls durable before they are answered. */
export type Journal = {
  /** Resolves once the event is durable. @throws AuditUnavailable; then the event may not be durable. */
  readonly append: (eventJson: string, urgency?: Urgency) => Promise<void>
  /**
   * Makes the changes and their events durable together, or neither.
   *
   * @throws StoreConflict, StoreFailure, AuditUnavailable; then nothing has changed.
   */
  readonly commit: (
    changes: readonly Change[],
    events: readonly FormattedEvent[],
    urgency?: Urgency,
  ) => Promise<void>
}
