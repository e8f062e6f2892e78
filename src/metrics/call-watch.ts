import type { Log } from '../base/log.ts'
import type { Timers } from '../base/ports.ts'
import type { AnsweredCall } from '../dispatch/dispatcher.ts'
import { findHeader } from '../dispatch/wire.ts'
import { CallMeter, OTHER } from './call-meter.ts'
import type { TracedCall, Tracer } from './otlp.ts'
import type { Point } from './points.ts'

/** The dependencies of watching calls. */
export type CallWatchDependencies = {
  readonly operations: readonly { readonly service: string; readonly name: string }[]
  /** The collector of spans, if there is one. */
  readonly traces: { readonly collector: string; readonly share: number } | undefined
  readonly version: string
  readonly instance: string
  readonly timers: Timers
  readonly log: Log
}

/** Counts calls and traces some of them. */
export type CallWatch = {
  readonly answered: (call: AnsweredCall) => void
  readonly points: () => readonly Point[]
  readonly close: () => Promise<void>
}

/** Watches calls of these operations; all others count as one. */
export async function openCallWatch(dependencies: CallWatchDependencies): Promise<CallWatch> {
  const meter = new CallMeter(dependencies.operations)
  const tracer = await openTracer(dependencies)
  return {
    answered: (call) => {
      const { service, operation = OTHER, durationMs, response } = call
      const { code } = response
      meter.count({ service, operation, code, durationMs })
      tracer?.record(tracedCall(call))
    },
    points: () => meter.points(),
    close: async () => tracer?.close(),
  }
}

/** Only a server that sends traces loads the SDK. */
async function openTracer({ traces, ...dependencies }: CallWatchDependencies): Promise<Tracer | undefined> {
  if (traces === undefined) return undefined
  const { openTraceExport } = await import('./otlp.ts')
  return openTraceExport({ ...dependencies, endpoint: traces.collector }, traces.share)
}

function tracedCall({ request, response, ...call }: AnsweredCall): TracedCall {
  const header = (name: string): string | undefined => findHeader(request.rawHeaders, name)
  return {
    ...call,
    operation: call.operation ?? OTHER,
    code: response.code,
    status: response.status,
    requestId: response.requestId,
    parent: { traceparent: header('traceparent'), tracestate: header('tracestate') },
  }
}
