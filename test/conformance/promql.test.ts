/** The queries of the alerts and of the dashboard, read by a parser of PromQL. */

import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { ROOT, run } from '../support/run.ts'
import { temporaryFolder } from '../support/server.ts'
import { missingTool, PYTHON } from './tools.ts'

const skip = await missingTool(PYTHON, ['-c', 'import promql_parser'])
const PARSE_ALL = 'import promql_parser, sys\nfor query in sys.argv[1:]: promql_parser.parse(query)'

type Rules = { readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[] }
type Dashboard = { readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[] }

async function queries(): Promise<readonly string[]> {
  const rules: Rules = parse(await readFile(join(ROOT, 'deploy/prometheus/holdfast-alerts.yaml'), 'utf8'))
  const dashboard: Dashboard = JSON.parse(await readFile(join(ROOT, 'deploy/grafana/holdfast.json'), 'utf8'))
  const alerts = rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr))
  const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  assert.ok(alerts.length > 10)
  assert.ok(shown.length > 20)
  return [...alerts, ...shown.map(withoutVariables)]
}

/** As Grafana asks: intervals stand for its variables of time, texts for the others. */
function withoutVariables(query: string): string {
  return query.replaceAll(/\$__\w+/g, '5m').replaceAll(/\$\w+/g, '.*')
}

test('every query of the alerts and the dashboard is PromQL', { skip }, async () => {
  const all = await queries()
  const { status, err } = await run(PYTHON, ['-c', PARSE_ALL, ...all])
  assert.equal(status, 0, err)
  const wrong = await run(PYTHON, ['-c', PARSE_ALL, ...all, 'sum(rate(holdfast_calls_total[5m]) by'])
  assert.notEqual(wrong.status, 0)
})

const skipRules = await missingTool('promtool', ['--version'])

/** Two instances, of which one is down from the third minute on, and a job without any. */
const DOWN = `
rule_files: [RULES]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'up{job="holdfast", instance="a:1"}'
        values: '1x20'
      - series: 'up{job="holdfast", instance="b:1"}'
        values: '1 1 1 0x17'
    alert_rule_test:
      - { eval_time: 2m, alertname: HoldfastDown, exp_alerts: [] }
      - eval_time: 8m
        alertname: HoldfastDown
        exp_alerts:
          - exp_labels: { severity: critical, job: holdfast, instance: "b:1" }
            exp_annotations: { summary: "Holdfast does not answer: b:1", runbook: docs/how-to/runbooks.md#holdfastdown }
  - interval: 1m
    input_series:
      - series: 'up{job="other", instance="a:1"}'
        values: '1x20'
    alert_rule_test:
      - eval_time: 8m
        alertname: HoldfastDown
        exp_alerts:
          - exp_labels: { severity: critical, job: holdfast }
            exp_annotations: { summary: "Holdfast does not answer", runbook: docs/how-to/runbooks.md#holdfastdown }
`

test('the alert HoldfastDown fires for one instance of two, and when there is none', {
  skip: skipRules,
}, async () => {
  const folder = await temporaryFolder()
  try {
    const rules = join(ROOT, 'deploy/prometheus/holdfast-alerts.yaml')
    const file = join(folder, 'test.yaml')
    await writeFile(file, DOWN.replace('RULES', rules))
    const { status, out, err } = await run('promtool', ['test', 'rules', file])
    assert.equal(status, 0, out + err)
  } finally {
    await rm(folder, { recursive: true })
  }
})
