/** For tests: the metrics that a server exposes at `/metrics`. */

import assert from 'node:assert/strict'
import type { TestServer } from './server.ts'
import { until } from './until.ts'

/** One line of the exposition. */
type Sample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A scrape with valid syntax. */
export type Scrape = {
  readonly samples: readonly Sample[]
  /** The type of each metric by name. */
  readonly types: ReadonlyMap<string, string>
  /** Every line without its value. */
  readonly series: ReadonlySet<string>
  /** The sum of all samples with a name and these labels. */
  readonly sum: (name: string, labels?: Readonly<Record<string, string>>) => number
}

/** The URL of a server's metrics, which the server prints shortly after its endpoint. */
export function metricsUrl(server: Pick<TestServer, 'output'>): Promise<string> {
  return until('metrics are served', async () => /^ {2}metrics +(\S+)$/m.exec(server.output())?.[1])
}

/** Scrapes `/metrics` of a server. */
export async function scrape(server: TestServer): Promise<Scrape> {
  const answer = await fetch(await metricsUrl(server))
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  return parseExposition(await answer.text())
}

const HELP = /^# HELP ([a-z_]+) \S.*$/
const TYPE = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/
const SAMPLE =
  /^(?<name>[a-z_]+)(?:\{(?<labels>[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*)\})? (?<value>-?[0-9.e+-]+)$/

/**
 * Parses an exposition. Source: Prometheus, "Text-based format", version 0.0.4.
 * @throws AssertionError for invalid syntax.
 */
function parseExposition(text: string): Scrape {
  assert.ok(text.endsWith('\n'))
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const series = new Set<string>()
  for (const line of text.split('\n')) {
    if (line === '' || HELP.test(line)) continue
    const type = TYPE.exec(line)
    if (type !== null) {
      const [, name = '', kind = ''] = type
      assert.ok(!types.has(name), `${name} comes twice`)
      types.set(name, kind)
      continue
    }
    const { name = '', labels = '', value = '' } = SAMPLE.exec(line)?.groups ?? {}
    assert.ok(Number.isFinite(Number(value)) && value !== '', `not a line of an exposition: ${line}`)
    assert.ok(types.has(familyOf(name, types)), `${name} has no type`)
    assert.ok(!series.has(`${name}{${labels}}`), `${name}{${labels}} comes twice`)
    series.add(`${name}{${labels}}`)
    samples.push({ name, labels: parseLabels(labels), value: Number(value) })
  }
  return { samples, types, series, sum: (name, labels = {}) => sumOf(samples, name, labels) }
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const family = name.replace(/_(?:bucket|count|sum)$/, '')
  return types.get(family) === 'histogram' ? family : name
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

function sumOf(samples: readonly Sample[], name: string, wanted: Readonly<Record<string, string>>): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0)
}
