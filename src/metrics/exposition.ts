import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { emptyResource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { EpochMs } from '../base/ports.ts'
import { exposedLabels, type MetricName, metricOf } from './catalogue.ts'
import { BOUNDS_SECONDS } from './histogram.ts'
import type { HistogramValue, Point } from './points.ts'

/** When counters started to count, and when they were read. */
export type ReadingTime = { readonly startedAt: EpochMs; readonly now: EpochMs }

/** The media type of {@link formatPrometheus}. */
export const PROMETHEUS_MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const SCOPE = { name: 'holdfast' }

/** Points in the format of Prometheus. */
export function formatPrometheus(points: readonly Point[], time: ReadingTime): string {
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  return serializer.serialize(metricsOf(points, time))
}

/** Points in the form of the SDK's exporters. */
export function metricsOf(points: readonly Point[], time: ReadingTime): ResourceMetrics {
  const byMetric = Map.groupBy(points, ({ metric }) => metric)
  const metrics = [...byMetric].map(([name, own]) => metricData(name, own, time))
  return { resource: emptyResource(), scopeMetrics: [{ scope: SCOPE, metrics }] }
}

function metricData(name: MetricName, points: readonly Point[], time: ReadingTime): MetricData {
  const { type, about } = metricOf(name)
  const base = {
    descriptor: { name, description: about, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  const span = { startTime: hrTime(time.startedAt), endTime: hrTime(time.now) }
  const placed = points.map(({ labels, value }) => ({ ...span, attributes: attributes(name, labels), value }))
  const numbers = placed.flatMap((point) =>
    typeof point.value === 'number' ? [{ ...point, value: point.value }] : [],
  )
  switch (type) {
    case 'counter':
      return { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: numbers }
    case 'gauge':
      return { ...base, dataPointType: DataPointType.GAUGE, dataPoints: numbers }
    case 'histogram': {
      const dataPoints = placed.flatMap((point) =>
        typeof point.value === 'number' ? [] : [{ ...point, value: histogramOf(point.value) }],
      )
      return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints }
    }
  }
}

function attributes(name: MetricName, values: readonly string[]): Attributes {
  return Object.fromEntries(exposedLabels(name).map((label, index) => [label, values[index] ?? '']))
}

function histogramOf({ counts, sum }: HistogramValue): Histogram {
  return {
    buckets: { boundaries: [...BOUNDS_SECONDS], counts: [...counts] },
    sum,
    count: counts.reduce((total, count) => total + count, 0),
  }
}

function hrTime(at: EpochMs): HrTime {
  const seconds = Math.floor(at / 1000)
  return [seconds, Math.round((at - seconds * 1000) * 1e6)]
}
