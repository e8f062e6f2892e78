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

/** The dependencies of watching a node. */
export type NodeWatchDependencies = {
  /** Whether anything reads the counts. */
  readonly isMonitored: boolean
  /** The collector of spans, and the share of calls to trace. */
  readonly collector: string | undefined
  readonly traceShare: number
  /** Distinguishes this process from others. */
  readonly instance: string
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

/** The metrics of a node, and the callbacks that report to them. */
export type NodeWatch = {
  readonly meters: NodeMeters
  readonly store: StoreWatch
  /** Nothing when nothing reads the counts: then calls are not counted. */
  readonly answered: ((call: AnsweredCall) => void) | undefined
  /** Adds the gauges of an open node. */
  readonly addGauges: (dependencies: Omit<NodeGaugeDependencies, 'store' | 'clock'>) => void
  readonly collect: () => Promise<readonly Point[]>
  /** Sends what is queued. */
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
