import type { EpochMs, Random } from '../base/ports.ts'
import { formatEvent } from './event.ts'

/** Something that the service has done by itself, or in consequence of a call. */
export type ServiceEvent = {
  /** `RotateKey` and the like. */
  readonly name: string
  readonly account: string
  readonly region: string
  readonly resources: readonly { readonly account: string; readonly arn: string }[]
  readonly details?: { readonly [name: string]: unknown }
}

/** An event that is ready to be recorded. */
export type RecordedEvent = { readonly id: string; readonly json: string }

/** How CloudTrail names the service itself. */
const INTERNAL = 'AWS Internal'

/** The CloudTrail record of a service event. Source: CloudTrail User Guide, "AWS service events". */
export function formatServiceEvent(
  { name, account, region, resources, details }: ServiceEvent,
  { at, random }: { readonly at: EpochMs; readonly random: Random },
): RecordedEvent {
  const id = random.uuid()
  const json = formatEvent({
    userIdentity: JSON.stringify({ accountId: account, invokedBy: INTERNAL }),
    at,
    source: 'kms.amazonaws.com',
    name,
    region,
    sourceAddress: INTERNAL,
    userAgent: INTERNAL,
    request: null,
    response: null,
    requestId: random.uuid(),
    eventId: id,
    readOnly: false,
    resources,
    type: 'AwsServiceEvent',
    recipient: account,
    serviceEventDetails: details,
  })
  return { id, json }
}
