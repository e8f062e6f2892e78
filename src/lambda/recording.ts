import { SERVICE_LAMBDA } from '../api/services.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { Caller } from '../dispatch/caller.ts'
import { eventIdFor } from '../dispatch/event-id.ts'
import type { Journal } from '../dispatch/journal.ts'
import type { EventData, EventResource } from '../dispatch/operation.ts'
import { formatCallEvents } from '../dispatch/recording.ts'
import type { WireRequest } from '../dispatch/wire.ts'
import type { Quotas } from '../quotas/quota-service.ts'
import type { Change } from '../store/records.ts'
import type { LambdaOutcome } from './call.ts'
import type { LambdaError } from './lambda-error.ts'

/** The dependencies of recording. */
export type RecordingDependencies = {
  readonly journal: Journal
  readonly quotas: Pick<Quotas, 'chargeAudit'>
  readonly clock: Clock
  readonly random: Random
}

/** A call of a known caller: what its audit event says of it. */
export type Attempt = {
  readonly requestId: string
  readonly eventName: string
  readonly readOnly: boolean
  readonly isData: boolean
  readonly request: WireRequest
  readonly caller: Caller
  readonly region: string
  parameters: EventData | null
  readonly resources: EventResource[]
}

/** The end of a call. */
export type End = {
  readonly error?: LambdaError
  readonly changes?: readonly Change[]
  readonly event?: LambdaOutcome['event'] | undefined
}

/** Makes a call durable: its changes and its event together. @throws StoreConflict, StoreFailure, AuditUnavailable. */
export async function recordEnd(
  { journal, quotas, clock, random }: RecordingDependencies,
  attempt: Attempt,
  { error, changes = [], event }: End,
): Promise<void> {
  const { caller, requestId, parameters, resources } = attempt
  const additional = {
    ...(error?.reason !== undefined && { reason: error.reason }),
    ...event?.additional,
  }
  const events = formatCallEvents(
    {
      requestId,
      eventId: eventIdFor(requestId, random),
      service: SERVICE_LAMBDA,
      eventName: attempt.eventName,
      readOnly: attempt.readOnly,
      request: attempt.request,
      region: attempt.region,
      account: caller.account,
      identityJson: caller.identityJson,
      isData: attempt.isData,
      isConsole: caller.isConsole,
    },
    {
      at: clock.now(),
      parameters,
      resources,
      outcome: {
        event: {
          response: event?.response,
          additional: Object.keys(additional).length === 0 ? undefined : additional,
        },
      },
      error,
    },
    random,
  )
  quotas.chargeAudit(
    caller.account,
    events.reduce((sum, { json }) => sum + json.length, 0),
  )
  if (changes.length > 0) await journal.commit(changes, events)
  else await Promise.all(events.map(({ json }) => journal.append(json)))
}
