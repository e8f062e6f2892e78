import type { EpochMs, Random } from '../../base/ports.ts'
import { formatEvent } from './event.ts'

/** An action of the service itself, or one in consequence of a call. */
export type ServiceEvent = {
  /** `RotateKey` and the like. */
  readonly name: string
  readonly account: string
  readonly region: string
  readonly resources: readonly { readonly account: string; readonly arn: string }[]
  readonly details?: { readonly [name: string]: unknown }
  /** Whether it is one of Holdfast's own, which AWS does not have. */
  readonly own?: boolean
}

/** An event that is ready to be recorded. */
export type FormattedEvent = { readonly id: string; readonly json: string }

/** CloudTrail's name for the service itself. */
const INTERNAL = 'AWS Internal'
/** The event source of Holdfast's own events; no AWS service has this name. */
export const OWN_SOURCE = 'holdfast'

/** The CloudTrail record of a service event. Source: CloudTrail User Guide, "AWS service events". */
export function formatServiceEvent(
  { name, account, region, resources, details, own = false }: ServiceEvent,
  { at, random }: { readonly at: EpochMs; readonly random: Random },
): FormattedEvent {
  const id = random.uuid()
  const by = own ? OWN_SOURCE : INTERNAL
  const json = formatEvent({
    userIdentity: JSON.stringify({ accountId: account, invokedBy: by }),
    at,
    source: own ? OWN_SOURCE : 'kms.amazonaws.com',
    name,
    region,
    sourceAddress: by,
    userAgent: by,
    request: null,
    response: null,
    requestId: random.uuid(),
    eventId: id,
    readOnly: own,
    resources,
    type: 'AwsServiceEvent',
    recipient: account,
    serviceEventDetails: details,
  })
  return { id, json }
}
