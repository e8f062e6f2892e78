import type { Clock, Random } from '../../base/ports.ts'
import type { TornTail } from '../log/recover.ts'
import { formatEvent } from './event.ts'
import { OTHER_SOURCES, type RefusalSummary } from './refusals.ts'
import { OWN_SOURCE } from './service-event.ts'

/** The dependencies of an event of Holdfast itself. */
export type OwnEventDependencies = {
  readonly clock: Clock
  readonly random: Random
  /** The account whose log gets the event. */
  readonly account: string
}

/** The event of a torn end that was cut from a node's log at its start. */
export function tornTailEvent(dependencies: OwnEventDependencies, node: string, torn: TornTail): string {
  const { file, offset, sizeBytes, movedTo } = torn
  return ownEvent(dependencies, 'RecoverAuditLog', { node, file, offset, sizeBytes, movedTo })
}

/** How a start opened the root key. */
type Opening = {
  /** The name of the unlock path. */
  readonly path: string
  readonly type: string
  /** The paths before it, and why they did not open. */
  readonly failures: readonly { readonly name: string; readonly type: string; readonly reason: string }[]
  /** When an operator sealed the deployment, if this ended that seal. */
  readonly sealedAt: string | undefined
}

/** The event of a start, with the unlock path that opened the root key. */
export function openRootKeyEvent(dependencies: OwnEventDependencies, opening: Opening): string {
  const { path, type, failures, sealedAt } = opening
  return ownEvent(dependencies, 'OpenRootKey', {
    path,
    type,
    failures,
    ...(sealedAt === undefined ? {} : { sealedAt }),
  })
}

/** The event of the server's own proof of an unlock path. */
export function provePathEvent(
  dependencies: OwnEventDependencies,
  { path, type }: Pick<Opening, 'path' | 'type'>,
): string {
  return ownEvent(dependencies, 'ProveUnlockPath', { path, type, succeeded: true, reason: null })
}

/** The event of refused calls that were counted and have no events of their own. */
export function refusalsEvent(dependencies: OwnEventDependencies, summary: RefusalSummary): string {
  const { source, count, firstAt, lastAt } = summary
  return ownEvent(dependencies, 'CountRefusedCalls', {
    sourceIPAddress: source,
    count,
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
  })
}

/**
 * The event of an account's throttled calls that were counted and have no events of their own; it goes to the
 * account's log.
 */
export function throttledEvent(dependencies: OwnEventDependencies, summary: RefusalSummary): string {
  const { source, count, firstAt, lastAt } = summary
  const account = source === OTHER_SOURCES ? dependencies.account : source
  return ownEvent({ ...dependencies, account }, 'CountThrottledCalls', {
    accountId: source,
    count,
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
  })
}

/** The event of a segment that an archive replaces. */
export function archiveEvent(
  dependencies: OwnEventDependencies,
  eventId: string,
  details: { readonly [name: string]: unknown },
): string {
  return ownEvent(dependencies, 'ArchiveAuditSegment', details, { eventId, readOnly: false })
}

/** The event of an operator's command. */
export function operatorEvent(
  dependencies: OwnEventDependencies,
  eventId: string,
  name: string,
  details: { readonly [name: string]: unknown },
): string {
  return ownEvent(dependencies, name, details, { eventId, readOnly: false })
}

function ownEvent(
  { clock, random, account }: OwnEventDependencies,
  name: string,
  details: { readonly [name: string]: unknown },
  { eventId = random.uuid(), readOnly = true } = {},
): string {
  return formatEvent({
    userIdentity: JSON.stringify({ accountId: account, invokedBy: OWN_SOURCE }),
    at: clock.now(),
    source: OWN_SOURCE,
    name,
    region: 'unknown',
    sourceAddress: OWN_SOURCE,
    userAgent: undefined,
    request: null,
    response: null,
    requestId: undefined,
    eventId,
    readOnly,
    type: 'AwsServiceEvent',
    recipient: account,
    serviceEventDetails: details,
  })
}
