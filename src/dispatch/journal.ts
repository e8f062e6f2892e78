import type { RecordedEvent } from '../audit/service-event.ts'
import type { Change } from '../store/records.ts'

/** What is made durable also when the disk is full but for what is kept for it: a revocation. */
export type Urgency = 'usual' | 'revocation'

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
    events: readonly RecordedEvent[],
    urgency?: Urgency,
  ) => Promise<void>
}
