import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import { eventFinder } from '../audit-index/thread/last-usage.ts'
import { eventCollector } from '../audit-index/thread/read-log.ts'
import type { Log } from '../base/log.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Records } from '../store/records.ts'
import { type DeliverAllParts, deliverTrails } from './delivery/deliver-all.ts'
import type { Destination } from './delivery/destination.ts'
import { LookupLimiter } from './lookup-limiter.ts'
import { CLOUDTRAIL_OPERATIONS } from './trail-operations.ts'

/** What the service works with. */
export type TrailServiceParts = {
  readonly records: Records
  readonly index: IndexThread
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly destination: Destination
  readonly accounts: DeliverAllParts['accounts']
  readonly claimLock: DeliverAllParts['claimLock']
}

/** CloudTrail's operations, and the delivery of trails. */
export type TrailService = {
  readonly operations: readonly Operation[]
  /** A job: see `jobs/scheduler.ts`. */
  readonly delivery: {
    readonly name: string
    readonly everyMs: number
    readonly run: () => Promise<void>
  }
}

/** Source: AWS CloudTrail User Guide: log files are delivered about every five minutes. */
const DELIVERY_INTERVAL_MS = 300_000

/** The service of these parts. */
export function openTrailService(parts: TrailServiceParts): TrailService {
  const { records, index, clock, random } = parts
  const lookup = eventFinder(index)
  const operationParts = { records, random, lookup, limiter: new LookupLimiter(clock) }
  const deliverParts = { ...parts, collect: eventCollector(index) }
  return {
    operations: CLOUDTRAIL_OPERATIONS.map((operation) => operation(operationParts)),
    delivery: {
      name: 'trail delivery',
      everyMs: DELIVERY_INTERVAL_MS,
      run: () => deliverTrails(deliverParts),
    },
  }
}
