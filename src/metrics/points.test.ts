import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BOUNDS_SECONDS, Histogram } from './histogram.ts'
import { growingPoints, mergeSnapshots, type Point, type Snapshot } from './points.ts'

const counts = fc.array(fc.nat(100), {
  minLength: BOUNDS_SECONDS.length + 1,
  maxLength: BOUNDS_SECONDS.length + 1,
})

const point: fc.Arbitrary<Point> = fc.oneof(
  fc.record({
    metric: fc.constantFrom('holdfast_refusals' as const, 'holdfast_due' as const),
    labels: fc.constantFrom(['a'], ['b']),
    value: fc.nat(1000),
  }),
  fc.record({
    metric: fc.constantFrom(
      'holdfast_ready' as const,
      'holdfast_trails' as const,
      'holdfast_index_lag_events' as const,
      'holdfast_imported_material_days_left' as const,
    ),
    labels: fc.constant([]),
    value: fc.nat(1000),
  }),
  fc.record({
    metric: fc.constant('holdfast_commit_duration_seconds' as const),
    labels: fc.constant(['done']),
    value: fc.record({ counts, sum: fc.nat(1000) }),
  }),
)

/** What one process says: each series once. */
const points = fc.uniqueArray(point, { selector: ({ metric, labels }) => JSON.stringify([metric, labels]) })
const snapshots: fc.Arbitrary<readonly Snapshot[]> = fc
  .array(points, { maxLength: 4 })
  .map((all) => all.map((own, index) => ({ worker: String(index), points: own })))

const inOrder = (merged: readonly Point[]): readonly string[] =>
  merged.map((one) => JSON.stringify(one)).sort()

test('mergeSnapshots does not depend on the order of the processes', () => {
  fc.assert(
    fc.property(snapshots, (all) => {
      assert.deepEqual(inOrder(mergeSnapshots(all.toReversed())), inOrder(mergeSnapshots(all)))
    }),
  )
})

test('mergeSnapshots gives each series once', () => {
  fc.assert(
    fc.property(snapshots, (all) => {
      const keys = mergeSnapshots(all).map(({ metric, labels }) => JSON.stringify([metric, labels]))
      assert.equal(new Set(keys).size, keys.length)
    }),
  )
})

test('what a process leaves behind keeps every sum as it was', () => {
  fc.assert(
    fc.property(snapshots, points, (all, leaving) => {
      const before = mergeSnapshots([...all, { worker: '9', points: leaving }])
      const after = mergeSnapshots([...all, { worker: '', points: growingPoints(leaving) }])
      assert.deepEqual(inOrder(growingPoints(after)), inOrder(growingPoints(before)))
    }),
  )
})

test('mergeSnapshots adds, takes the highest or the lowest, or labels, as the metric wants it', () => {
  const own = (value: number): readonly Point[] => [
    { metric: 'holdfast_refusals', labels: ['denied'], value },
    { metric: 'holdfast_trails', labels: [], value },
    { metric: 'holdfast_imported_material_days_left', labels: [], value },
    { metric: 'holdfast_ready', labels: [], value },
  ]
  const merged = mergeSnapshots([
    { worker: '0', points: own(1) },
    { worker: '1', points: own(5) },
  ])
  assert.deepEqual(merged, [
    { metric: 'holdfast_refusals', labels: ['denied'], value: 6 },
    { metric: 'holdfast_trails', labels: [], value: 5 },
    { metric: 'holdfast_imported_material_days_left', labels: [], value: 1 },
    { metric: 'holdfast_ready', labels: ['0'], value: 1 },
    { metric: 'holdfast_ready', labels: ['1'], value: 5 },
  ])
})

test('a Histogram counts a duration in the first bucket whose bound it does not pass', () => {
  const histogram = new Histogram()
  for (const durationMs of [0, 0.5, 0.51, 10_000, 10_001]) histogram.observe(durationMs)
  const { counts: counted, sum } = histogram.value
  assert.deepEqual(counted, [2, 1, ...Array(BOUNDS_SECONDS.length - 3).fill(0), 1, 1])
  assert.equal(histogram.count, 5)
  assert.ok(Math.abs(sum - 20.00201) < 1e-9)
})
