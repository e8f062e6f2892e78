import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ThroughputRow } from './measures.ts'
import { errorsOf, formatReport, formatTable, goalsOf, type Report } from './report.ts'

test('formatTable aligns numbers right and words left', () => {
  assert.equal(
    formatTable([
      ['name', 'n'],
      ['a', '100'],
      ['longer', '-'],
    ]),
    'name      n\na       100\nlonger    -',
  )
})

test('a report lists the goals of every suite that ran', () => {
  const text = formatReport(report({}))
  assert.equal(goalsOf(report({})).length, 1)
  assert.match(text, /^MISSED {2}Encrypt: 40% \(at least 45%\)$/m)
  assert.doesNotMatch(text, /Memory:/)
})

test('a report names each failure and its error', () => {
  const failing = report({ errorCount: 3, errors: ['400 nope'] })
  assert.deepEqual(errorsOf(failing), ['holdfast Encrypt x64: 3 errors, for example: 400 nope'])
  assert.match(formatReport(failing), /^ERROR {3}holdfast Encrypt x64/m)
  assert.deepEqual(errorsOf(report({})), [])
})

test('a report prints a dash for a missing figure', () => {
  const text = formatReport(report({ cpuUsPerCall: undefined, busy: undefined, rssBytes: undefined }))
  assert.match(text, /^Encrypt .* - +- +- +50% +0$/m)
})

function report(given: Partial<ThroughputRow>): Report {
  const row: ThroughputRow = {
    operation: 'Encrypt',
    connections: 64,
    label: 'holdfast',
    callsPerSecond: 20_000,
    shareOfFloor: 0.4,
    p50Ms: 1,
    p99Ms: 2,
    cpuUsPerCall: 50,
    busy: 0.9,
    rssBytes: 100e6,
    loadBusy: 0.5,
    errorCount: 0,
    errors: [],
    ...given,
  }
  const goals = [{ name: 'Encrypt', required: 'at least 45%', measured: '40%', met: false }]
  return {
    machine: { cpu: 'c', cores: 2, memoryBytes: 1e9, platform: 'linux-x64', node: '26', dataInMemory: false },
    settings: { seconds: 3, rounds: 3 },
    throughput: { rows: [row], answerBytes: [{ operation: 'Encrypt', holdfast: 450, floor: 450 }], goals },
    memory: undefined,
    start: undefined,
    audit: undefined,
    background: undefined,
    metrics: undefined,
    decisions: undefined,
    specs: undefined,
    latency: undefined,
    session: undefined,
    neighbours: undefined,
    s3: undefined,
  }
}
