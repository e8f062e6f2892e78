import type { KmsError } from '../api/errors.ts'
import type { Service } from '../api/services.ts'
import type { EpochMs, Random } from '../base/ports.ts'
import { claimedAccessKey } from './authenticate.ts'
import { eventIdFor } from './event-id.ts'
import type { Journal } from './journal.ts'
import { formatCallEvent } from './recording.ts'
import type { WireRequest } from './wire.ts'

/** What recording a refusal works with. */
export type RefusalDependencies = {
  /** Whether one more refusal of this source is recorded by itself; it is counted otherwise. */
  readonly admit: (source: string) => boolean
  readonly journal: Journal
  readonly random: Random
  /** The account whose log refusals go to: a call that names nobody belongs to none. */
  readonly account: string
}

/** A call that was refused before its caller was known. */
export type Refusal = {
  readonly request: WireRequest
  readonly requestId: string
  readonly service: Service
  readonly eventName: string
  readonly reason: KmsError
  readonly at: EpochMs
}

/** The region of events that have none: their credential scope was not believed. */
const NO_REGION = 'unknown'

/**
 * Records a call that was refused before its caller was known. Whoever has no credentials can send
 * as many as they like, so each source has a rate; beyond it refusals are counted.
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
