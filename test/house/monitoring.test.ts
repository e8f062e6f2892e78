import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { exposedName, METRICS, type MetricName } from '../../src/metrics/catalogue.ts'
import { ROOT } from './sources.ts'

const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')

function isMetricName(name: string): name is MetricName {
  return name in METRICS
}

type Rule = {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

test('docs/reference/metrics.md has every alert, and each rule has what an alert needs, and a runbook', async () => {
  const page = await read('docs/reference/metrics.md')
  const documented = [...page.matchAll(/^\| `(Holdfast\w+)` \|/gm)].map(([, name]) => name)
  const { groups } = parse(await read('deploy/prometheus/holdfast-alerts.yaml'))
  const rules: readonly Rule[] = groups.flatMap((group: { rules: Rule[] }) => group.rules)
  assert.deepEqual(
    rules.map(({ alert }) => alert),
    documented,
  )
  const runbooks = [...(await read('docs/how-to/runbooks.md')).matchAll(/^## (.+)\n\n(?=\S)/gm)]
  assert.deepEqual(
    runbooks.map(([, alert]) => alert),
    documented,
  )
  for (const { alert, expr, for: lasts = '1m', labels, annotations } of rules) {
    assert.ok(expr.length > 0, alert)
    assert.match(lasts, /^[0-9]+[mh]$/, alert)
    assert.ok(['critical', 'warning'].includes(labels.severity), alert)
    assert.ok(annotations.summary.length > 0, alert)
    assert.equal(annotations.runbook, `docs/how-to/runbooks.md#${alert.toLowerCase()}`)
  }
})

type Panel = {
  readonly id: number
  readonly title: string
  readonly targets: readonly { readonly expr: string }[]
}

test('the dashboard shows each metric at least once, in panels of their own place', async () => {
  const { panels } = JSON.parse(await read('deploy/grafana/holdfast.json'))
  const shown = panels.flatMap(({ targets }: Panel) => targets.map(({ expr }) => expr)).join('\n')
  for (const name of Object.keys(METRICS).filter(isMetricName)) {
    assert.match(shown, new RegExp(`\\b${exposedName(name)}`), `${name} is in no panel`)
  }
  assert.equal(new Set(panels.map(({ id }: Panel) => id)).size, panels.length)
  assert.equal(
    new Set(panels.map(({ gridPos }: { gridPos: object }) => JSON.stringify(gridPos))).size,
    panels.length,
  )
})
