/** The queries of the alerts and of the dashboard, read by a parser of PromQL. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { ROOT, run } from '../support/run.ts'
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
