import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WindowResult } from './load-protocol.ts'
import { median, type Series, summarize } from './measures.ts'

test('median gives the middle value, the mean of two, and 0 of none', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(median([]), 0)
})

test('summarize compares each window with the floor window of its round', () => {
  const floor = series('floor', [window({ calls: 1_000 }), window({ calls: 2_000 })])
  const row = summarize(series('holdfast', [window({ calls: 500 }), window({ calls: 1_000 })]), floor)
  assert.equal(row.shareOfFloor, 0.5)
  assert.equal(row.callsPerSecond, 750)
  assert.equal(row.cpuUsPerCall, (1_000 + 500) / 2)
})

test('summarize adds the errors of all windows and names each once', () => {
  const broken = window({ calls: 0, errorCount: 2, errors: ['500'] })
  const row = summarize(series('holdfast', [broken, broken]), series('floor', []))
  assert.equal(row.errorCount, 4)
  assert.deepEqual(row.errors, ['500'])
  assert.equal(row.shareOfFloor, 0)
  assert.equal(row.cpuUsPerCall, undefined)
})

function series(label: string, windows: readonly WindowResult[]): Series {
  return { operation: 'Encrypt', connections: 64, label, windows, rssBytes: undefined }
}

function window(given: Partial<WindowResult>): WindowResult {
  const base = { calls: 0, sent: 0, elapsedMs: 1_000, p50Us: 1, p99Us: 2, cpuMs: 500, loadCpuMs: 100 }
  return { ...base, errorCount: 0, errors: [], ...given }
}
