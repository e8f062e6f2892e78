import { ALL_SERVICES } from '../api/services.ts'
import type { Log } from '../base/log.ts'
import type { Clock, Timers } from '../base/ports.ts'
import { VERSION } from '../base/version.ts'
import type { AnsweredCall } from '../dispatch/dispatcher.ts'
import { StoreWatch } from '../store/watch.ts'
import { openCallWatch } from './call-watch.ts'
import { addNodeGauges, type NodeGaugeDependencies } from './node-gauges.ts'
import { NodeMeters } from './node-meters.ts'
import type { Point } from './points.ts'

/** How a node is watched. */
export type NodeWatchDependencies = {
  /** Whether anybody gets to see what is counted. */
  readonly isMonitored: boolean
  /** Where spans are sent, and of which share of calls. */
  readonly collector: string | undefined
  readonly traceShare: number
  /** Tells this process from others. */
  readonly instance: string
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

/** What a node tells of itself, and the callbacks by which it is told. */
export type NodeWatch = {
  readonly meters: NodeMeters
  readonly store: StoreWatch
  /** Nothing when nobody gets to see it: then calls are not counted. */
  readonly answered: ((call: AnsweredCall) => void) | undefined
  /** Adds what is read off a node that is open. */
  readonly addGauges: (dependencies: Omit<NodeGaugeDependencies, 'store' | 'clock'>) => void
  readonly collect: () => Promise<readonly Point[]>
  /** Sends what waits to be sent. */
  readonly close: () => Promise<void>
}

/** Begins to watch a node. */
export async function openNodeWatch(dependencies: NodeWatchDependencies): Promise<NodeWatch> {
  const { isMonitored, collector, traceShare: share, instance, clock, timers, log } = dependencies
  const meters = new NodeMeters(clock, log)
  const store = new StoreWatch(clock, meters.committed)
  const calls = await openCallWatch({
    operations: ALL_SERVICES.flatMap(({ name: service, operationNames }) =>
      operationNames.map((name) => ({ service, name })),
    ),
    traces: collector === undefined ? undefined : { collector, share },
    version: VERSION,
    instance,
    timers,
    log: meters.log,
  })
  meters.addSource(calls.points)
  return {
    meters,
    store,
    answered: isMonitored ? calls.answered : undefined,
    addGauges: (gauges) => {
      if (isMonitored) addNodeGauges(meters, { ...gauges, store, clock })
    },
    collect: () => meters.collect(),
    close: calls.close,
  }
}
