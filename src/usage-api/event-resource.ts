import { PARTITION } from '../api/arn.ts'
import { principalOf } from '../audit-index/event-facts.ts'
import type { RecordedEvent } from '../explain/recorded-event.ts'
import type { ContextLookup } from '../policy/context.ts'

/** The ARN of a recorded event: policies give permission to explain some, or all of an account. */
export function eventResource({ awsRegion, recipientAccountId, eventID }: RecordedEvent): string {
  return `arn:${PARTITION}:holdfast:${awsRegion}:${recipientAccountId}:event/${eventID}`
}

/**
 * The condition key of who made a recorded call: like `aws:PrincipalArn` of that caller, so that a policy can compare the
 * two and give everybody their own calls.
 */
export function eventContext(event: RecordedEvent): ContextLookup {
  const principal = principalOf(event.userIdentity)
  return (key) => (key === 'holdfast:eventprincipalarn' ? principal : undefined)
}
