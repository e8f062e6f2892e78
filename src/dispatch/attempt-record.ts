import type { KmsError } from '../api/errors.ts'
import { type FormattedEvent, formatServiceEvent } from '../audit/events/service-event.ts'
import { AuditUnavailable } from '../audit/log/damage.ts'
import type { Urgency } from '../audit/log/journal.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import { eventIdFor } from './event-id.ts'
import { callerFacingError, type FailureDependencies } from './failures.ts'
import type { Journal } from './journal.ts'
import type { Call, EventData, EventResource, Outcome } from './operation.ts'
import { type CallFacts, formatCallEvents } from './recording.ts'
import type { RefusalDependencies } from './refusal.ts'
import type { UrgentCalls } from './urgent-calls.ts'

/** The dependencies of recording an attempt. */
export type AttemptRecordDependencies = FailureDependencies & {
  readonly journal: Journal
  readonly refusals: RefusalDependencies
  readonly quotas: Pick<Quotas, 'chargeAudit'>
  /** Decides which calls become durable on a full disk. */
  readonly urgentCalls: Pick<UrgentCalls, 'of'>
  /** Whether one more throttled call of this account gets an event of its own; otherwise it is counted. */
  readonly admitThrottled: (account: string) => boolean
  readonly clock: Clock
  readonly random: Random
}

/** A call of a known caller: everything that its audit event says of it. */
export type Attempt = {
  facts: CallFacts
  readonly resources: EventResource[]
  parameters: EventData | null
  /** Whether the caller is not yet proven. */
  anonymous: boolean
  /** The bytes that the account was charged for the call's events. */
  charged: number
  /**
   * Whether the call has a token of an identity provider instead of a signature. Many providers issue tokens to
   * everybody.
   */
  readonly unsigned: boolean
}

/** Makes an outcome durable with its events. */
export function recordOutcome(
  dependencies: AttemptRecordDependencies,
  attempt: Attempt,
  { caller, input }: Pick<Call, 'caller' | 'input'>,
  outcome: Outcome,
): Promise<void> {
  const { facts, resources, parameters } = attempt
  const { random, journal } = dependencies
  const at = dependencies.clock.now()
  const events = formatCallEvents(facts, { at, parameters, resources, outcome }, random)
  charge(dependencies, attempt, events)
  const { changes = [] } = outcome
  const urgency = dependencies.urgentCalls.of({ facts, input, caller, events, changes })
  if (changes.length === 0) return appendAll(journal, events, urgency)
  const also = (outcome.event?.also ?? []).map((more) => formatServiceEvent(more, { at, random }))
  return journal.commit(changes, [...events, ...also], urgency)
}

/**
 * Charges the caller's account, also for the copies of other accounts, and once for a call: not for the
 * events that an earlier attempt would have written.
 */
function charge(
  dependencies: AttemptRecordDependencies,
  attempt: Attempt,
  events: readonly FormattedEvent[],
): void {
  const size = events.reduce((sum, { json }) => sum + json.length, 0)
  if (size === attempt.charged) return
  dependencies.quotas.chargeAudit(attempt.facts.account, size - attempt.charged)
  attempt.charged = size
}

/** Makes the events of one call durable together; nearly every call has one. */
async function appendAll(
  journal: Journal,
  [first, ...copies]: ReturnType<typeof formatCallEvents>,
  urgency: Urgency,
): Promise<void> {
  if (copies.length === 0) return journal.append(first.json, urgency)
  await Promise.all([first, ...copies].map(({ json }) => journal.append(json, urgency)))
}

/**
 * Records a failure and returns the error that the caller gets. The event has an id of its own: after a
 * commit that failed in an unknown state, the event of the commit may be in the outbox, and must not be
 * mistaken for this one.
 */
export async function recordFailure(
  dependencies: AttemptRecordDependencies,
  attempt: Attempt,
  cause: unknown,
): Promise<KmsError> {
  const { resources, parameters } = attempt
  const { requestId, request } = attempt.facts
  const facts = { ...attempt.facts, eventId: eventIdFor(requestId, dependencies.random) }
  const error = callerFacingError(cause, requestId, dependencies)
  // The log does not have the events that the call would have written on success.
  charge(dependencies, attempt, [])
  if (attempt.unsigned && !dependencies.refusals.admit(request.connection.address)) return error
  if (error.code === 'ThrottlingException' && !dependencies.admitThrottled(facts.account)) return error
  const end = { at: dependencies.clock.now(), parameters, resources, error }
  try {
    const events = formatCallEvents(facts, end, dependencies.random)
    if (!attempt.unsigned) charge(dependencies, attempt, events)
    await appendAll(dependencies.journal, events, 'usual')
  } catch (failure) {
    charge(dependencies, attempt, [])
    // The operator's log already has the failure; that the event could not be written either adds nothing.
    if (error.code === 'KMSInternalException' && failure instanceof AuditUnavailable) return error
    return callerFacingError(failure, requestId, dependencies)
  }
  return error
}
