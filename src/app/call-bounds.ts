import type { Config } from '../config/settings.ts'
import { CallsInFlight } from '../dispatch/calls-in-flight.ts'
import type { DispatcherDependencies } from '../dispatch/dispatcher.ts'
import { type Reserve, UrgentCalls } from '../dispatch/urgent-calls.ts'
import type { NodeMeters } from '../metrics/node-meters.ts'

/** The dispatcher's bounds on the calls of accounts and principals. */
export type CallBounds = Pick<DispatcherDependencies, 'inFlight' | 'urgentCalls'>

/** The bounds of a node's calls. */
export function openCallBounds(config: Config, reserve: Reserve, meters: NodeMeters): CallBounds {
  return {
    inFlight: new CallsInFlight(config.bounds.calls, () => meters.boundReached('calls')),
    urgentCalls: new UrgentCalls(reserve, config.workers),
  }
}
