import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import { eventFinder } from '../audit-index/thread/last-usage.ts'
import { eventCollector } from '../audit-index/thread/read-log.ts'
import type { Log } from '../base/log.ts'
import type { Clock, Random } from '../base/ports.ts'
import type { Operation } from '../dispatch/operation.ts'
import type { Records } from '../store/records.ts'
import { type DeliverAllDependencies, deliverTrails } from './delivery/deliver-all.ts'
import type { Destination } from './delivery/destination.ts'
import { LookupLimiter } from './lookup-limiter.ts'
import { CLOUDTRAIL_OPERATIONS } from './trail-operations.ts'

/** The dependencies of the service. */
export type TrailServiceDependencies = {
  readonly records: Records
  readonly index: IndexThread
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly destination: Destination
  readonly accounts: DeliverAllDependencies['accounts']
  readonly claimLock: DeliverAllDependencies['claimLock']
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

/** The service with these dependencies. */
export function openTrailService(dependencies: TrailServiceDependencies): TrailService {
  const { records, index, clock, random } = dependencies
  const lookup = eventFinder(index)
  const operationDependencies = { records, random, lookup, limiter: new LookupLimiter(clock) }
  const deliverDependencies = { ...dependencies, collect: eventCollector(index) }
  return {
    operations: CLOUDTRAIL_OPERATIONS.map((operation) => operation(operationDependencies)),
    delivery: {
      name: 'trail delivery',
      everyMs: DELIVERY_INTERVAL_MS,
      run: () => deliverTrails(deliverDependencies),
    },
  }
}
