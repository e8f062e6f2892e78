import { type Context, DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Log } from '../base/log.ts'
import type { EpochMs, Timers } from '../base/ports.ts'
import { metricsOf, type ReadingTime } from './exposition.ts'
import type { Point } from './points.ts'

/** The destination of telemetry, and the attributes of its sender. */
export type OtlpDependencies = {
  /** The base URL of a collector, without `/v1/…`. */
  readonly endpoint: string
  readonly version: string
  /** Distinguishes this process from others. */
  readonly instance: string
  readonly timers: Timers
  readonly log: Log
}

/** Sends telemetry until it is closed, which sends the rest as far as the collector takes it. */
export type Exporter = { readonly close: () => Promise<void> }

/** The interval and the timeout of sending metrics. */
const METRICS_INTERVAL_MS = 60_000
const SEND_TIMEOUT_MS = 3000
/** Spans that wait to be sent; further ones are dropped. */
const SPANS_MAX = 2048
/** How long a stop waits for the collector. */
const CLOSE_TIMEOUT_MS = 2000

/** Sends metrics once a minute. */
export function openMetricsExport(
  dependencies: OtlpDependencies,
  collect: () => Promise<{ readonly points: readonly Point[]; readonly time: ReadingTime }>,
): Exporter {
  reportTo(dependencies.log)
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({
      url: new URL('v1/metrics', dependencies.endpoint).href,
      timeoutMillis: SEND_TIMEOUT_MS,
    }),
    exportIntervalMillis: METRICS_INTERVAL_MS,
    exportTimeoutMillis: SEND_TIMEOUT_MS,
    metricProducers: [
      {
        collect: async () => {
          const { points, time } = await collect()
          return { resourceMetrics: metricsOf(points, time), errors: [] }
        },
      },
    ],
  })
  const provider = new MeterProvider({ resource: resourceOf(dependencies), readers: [reader] })
  return { close: () => closeSoon(provider, dependencies) }
}

/** A call in its span: nothing of its input, its output or its caller. */
export type TracedCall = {
  readonly service: string
  readonly operation: string
  readonly code: string | undefined
  readonly status: number
  readonly requestId: string
  /** The values of `traceparent` and `tracestate`, as received. */
  readonly parent: { readonly traceparent: string | undefined; readonly tracestate: string | undefined }
  readonly arrivedAt: EpochMs
  readonly durationMs: number
}

/** Makes a span of each sampled call. */
export type Tracer = Exporter & { readonly record: (call: TracedCall) => void }

/**
 * Sends a span for each sampled call: by the decision of its caller if the call has one, else for this share
 * of calls.
 */
export function openTraceExport(dependencies: OtlpDependencies, share: number): Tracer {
  reportTo(dependencies.log)
  const exporter = new OTLPTraceExporter({
    url: new URL('v1/traces', dependencies.endpoint).href,
    timeoutMillis: SEND_TIMEOUT_MS,
  })
  const provider = new TracerProvider({
    resource: resourceOf(dependencies),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: SPANS_MAX })],
  })
  const tracer = provider.getTracer('holdfast')
  return {
    record: (call) => {
      const { service, operation, code, status, requestId, arrivedAt, durationMs } = call
      const attributes = {
        'rpc.system': 'aws-api',
        'rpc.service': service,
        'rpc.method': operation,
        'aws.request_id': requestId,
        'http.response.status_code': status,
        ...(code === undefined ? {} : { 'error.type': code }),
      }
      const options = { kind: SpanKind.SERVER, startTime: arrivedAt, attributes }
      const span = tracer.startSpan(`${service}/${operation}`, options, parentOf(call))
      // Only the server's own failures: a refusal is an answer.
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end(arrivedAt + durationMs)
    },
    close: () => closeSoon(provider, dependencies),
  }
}

/** Sends the rest. A collector that does not take it delays nothing. */
async function closeSoon(
  provider: { readonly shutdown: () => Promise<void> },
  { timers, log }: OtlpDependencies,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = timers.after(CLOSE_TIMEOUT_MS, resolve)
  const done = provider.shutdown().catch((error: unknown) => {
    log.warn('telemetry could not be sent', { reason: String(error) })
  })
  await Promise.race([done, late])
  timer.cancel()
}

const PROPAGATOR = new W3CTraceContextPropagator()

/** Source: W3C Trace Context, sections 3.2 and 3.3. A malformed header counts as absent. */
function parentOf({ parent }: TracedCall): Context {
  if (parent.traceparent === undefined) return ROOT_CONTEXT
  return PROPAGATOR.extract(ROOT_CONTEXT, parent, {
    keys: () => ['traceparent', 'tracestate'],
    get: (_carrier, key) => (key === 'traceparent' ? parent.traceparent : parent.tracestate),
  })
}

function resourceOf({ version, instance }: OtlpDependencies) {
  return resourceFromAttributes({
    'service.name': 'holdfast',
    'service.version': version,
    'service.instance.id': instance,
  })
}

/** The SDK has one handler for all errors of sending. */
function reportTo(log: Log): void {
  const report = (message: string): void => log.warn('telemetry could not be sent', { reason: message })
  const silent = (): void => {}
  diag.setLogger(
    { error: report, warn: report, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}
