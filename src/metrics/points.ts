import { type MetricName, metricOf } from './catalogue.ts'

/** The counts of a histogram, for {@link BOUNDS_SECONDS} and beyond. */
export type HistogramValue = {
  readonly counts: readonly number[]
  /** Of all observations. */
  readonly sum: number
}

/** One value of a metric. `labels` are in the order of its definition. It can be sent as JSON. */
export type Point = {
  readonly metric: MetricName
  readonly labels: readonly string[]
  readonly value: number | HistogramValue
}

/** The points of one process, and its worker. */
export type Snapshot = { readonly worker: string; readonly points: readonly Point[] }

/**
 * Merges the points of several processes by each metric's definition: to sums, the highest or the lowest, or
 * to each value with the worker as its last label. The order of the processes does not matter.
 */
export function mergeSnapshots(snapshots: readonly Snapshot[]): readonly Point[] {
  const merged = new Map<string, Point>()
  for (const { worker, points } of snapshots) {
    for (const point of points) {
      const { across } = metricOf(point.metric)
      const labels = across === 'worker' ? [...point.labels, worker] : point.labels
      const key = JSON.stringify([point.metric, ...labels])
      const present = merged.get(key)
      merged.set(key, {
        metric: point.metric,
        labels,
        value: present === undefined ? point.value : combine(across, present.value, point.value),
      })
    }
  }
  return [...merged.values()]
}

/** The points that only grow: those that a process that has ended leaves in the sums. */
export function growingPoints(points: readonly Point[]): readonly Point[] {
  return points.filter(({ metric }) => metricOf(metric).type !== 'gauge')
}

function combine(across: string, one: Point['value'], other: Point['value']): Point['value'] {
  if (typeof one === 'number' && typeof other === 'number') {
    if (across === 'max') return Math.max(one, other)
    if (across === 'min') return Math.min(one, other)
    return one + other
  }
  if (typeof one === 'number' || typeof other === 'number') return one
  return {
    counts: one.counts.map((count, index) => count + (other.counts[index] ?? 0)),
    sum: one.sum + other.sum,
  }
}
