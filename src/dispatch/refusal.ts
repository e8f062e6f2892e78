import type { RecordedService } from '../api/services.ts'
import type { EpochMs, Random } from '../base/ports.ts'
import { claimedAccessKey } from './authenticate.ts'
import { eventIdFor } from './event-id.ts'
import type { Journal } from './journal.ts'
import { formatCallEvent, type RecordedError } from './recording.ts'
import type { WireRequest } from './wire.ts'

/** The dependencies of recording a refusal. */
export type RefusalDependencies = {
  /** Whether one more refusal of this source gets an event of its own; otherwise it is counted. */
  readonly admit: (source: string) => boolean
  readonly journal: Journal
  readonly random: Random
  /** The account whose log gets refusals: a call without a known caller belongs to none. */
  readonly account: string
}

/** A call that was refused before its caller was known. */
export type Refusal = {
  readonly request: WireRequest
  readonly requestId: string
  readonly service: RecordedService
  readonly eventName: string
  readonly reason: RecordedError
  readonly at: EpochMs
}

/** The region of events without one: nothing proved their credential scope. */
const NO_REGION = 'unknown'

/**
 * Records a call that was refused before its caller was known. Anybody can send any number of such calls, so
 * each source has a rate; Holdfast counts the refusals beyond it.
 */
export async function recordRefusal(dependencies: RefusalDependencies, refusal: Refusal): Promise<void> {
  const { request, requestId, service, eventName, reason, at } = refusal
  if (!dependencies.admit(request.connection.address)) return
  const accessKeyId = claimedAccessKey(request)
  const facts = {
    requestId,
    eventId: eventIdFor(requestId, dependencies.random),
    service,
    eventName,
    readOnly: true,
    request,
    region: NO_REGION,
    account: dependencies.account,
    identityJson: JSON.stringify({ type: 'Unknown', accessKeyId }),
  }
  await dependencies.journal.append(
    formatCallEvent(facts, { at, parameters: null, resources: [], error: reason }),
  )
}
