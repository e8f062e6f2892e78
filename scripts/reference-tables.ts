/** Generates the tables of settings, metrics, quotas and errors in docs/reference: `npm run docs`. */

import { readFile, writeFile } from 'node:fs/promises'
import { ERROR_CODES } from '../src/api/errors.ts'
import { SETTING_FACTS } from '../src/config/settings.ts'
import { REVOCATIONS } from '../src/dispatch/revocations.ts'
import { exposedLabels, exposedName, METRICS, type MetricName, metricOf } from '../src/metrics/catalogue.ts'
import { QUOTAS, type Quota } from '../src/quotas/quotas.ts'
import { ERROR_MEANINGS } from './error-meanings.ts'

/** A generated table between two markers of a page. */
type GeneratedTable = { readonly page: URL; readonly name: string; readonly lines: readonly string[] }

/** The tables that this script generates. */
export const TABLES: readonly GeneratedTable[] = [
  { page: page('settings'), name: 'settings', lines: settings() },
  { page: page('metrics'), name: 'metrics', lines: metrics() },
  { page: page('quotas'), name: 'resource quotas', lines: quotas('in total', ['largest']) },
  { page: page('quotas'), name: 'request quotas', lines: quotas('a second', []) },
  { page: page('errors'), name: 'errors', lines: errors() },
  { page: page('audit-log'), name: 'revocations', lines: revocations() },
]

/**
 * Returns a page with the expected table.
 * @throws Error if the page lacks the markers.
 */
export function withTable(text: string, { name, lines }: GeneratedTable): string {
  const [begin, end] = [`<!-- ${name}: written by npm run docs -->\n`, `<!-- end of ${name} -->\n`]
  const [before, rest] = split(text, begin)
  const [, after] = split(rest, end)
  return `${before}${begin}\n${lines.join('\n')}\n\n${end}${after}`
}

function split(text: string, mark: string): readonly [before: string, after: string] {
  const at = text.indexOf(mark)
  if (at < 0) throw new Error(`the page has no line ${mark}`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

function page(name: string): URL {
  return new URL(`../docs/reference/${name}.md`, import.meta.url)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

function settings(): readonly string[] {
  const rows = SETTING_FACTS.map(({ variable, flag, byDefault, expected, about }) => [
    code(variable),
    code(`--${flag}`),
    byDefault === undefined ? 'none' : code(byDefault),
    expected,
    about,
  ])
  return table(['variable', 'flag', 'default', 'value', 'meaning'], rows)
}

function metrics(): readonly string[] {
  const rows = Object.keys(METRICS)
    .filter((name): name is MetricName => name in METRICS)
    .map((name) => {
      const { type, across, about } = metricOf(name)
      const labels = exposedLabels(name).map(code).join(', ')
      const workers = across === 'worker' ? 'one each' : across
      return [code(exposedName(name)), type, labels === '' ? 'none' : labels, workers, about]
    })
  return table(['metric', 'type', 'labels', 'workers', 'meaning'], rows)
}

function quotas(unit: Quota['unit'], more: readonly 'largest'[]): readonly string[] {
  const rows = [...QUOTAS.values()]
    .filter((quota) => quota.unit === unit)
    .map(({ name, about, byDefault, aws, isOurs, max }) => [
      code(name),
      about,
      count(byDefault),
      isOurs === true ? 'none' : count(aws),
      ...more.map(() => count(max)),
    ])
  return table(['name', 'limits', 'default', 'AWS', ...more], rows)
}

function errors(): readonly string[] {
  const rows = [...ERROR_CODES].map(([name, status]) => [
    code(name),
    String(status),
    ERROR_MEANINGS[name] ?? '',
  ])
  return table(['code', 'status', 'meaning'], rows)
}

function code(text: string): string {
  return `\`${text}\``
}

/** One row for each verb of a service. The set contains names of the form `service.Operation`. */
function revocations(): readonly string[] {
  const rows = Object.groupBy(
    [...REVOCATIONS].sort(),
    (name) => /^[a-z]+\.[A-Z][a-z]+/.exec(name)?.[0] ?? name,
  )
  return table(
    ['service', 'operations'],
    Object.values(rows).map((names = []) => {
      const service = names[0]?.split('.')[0] ?? ''
      return [`\`${service}\``, names.map((name) => name.slice(service.length + 1)).join(', ')]
    }),
  )
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

if (import.meta.main) {
  for (const one of TABLES) await writeFile(one.page, withTable(await readFile(one.page, 'utf8'), one))
}
