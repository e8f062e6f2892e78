/** A report as one page that needs nothing else: no scripts, no fonts, no other files. */

import type { ReportChange } from './changes.ts'
import type { EventEvidence } from './facts.ts'
import { CHECKS, type CheckName, type Finding } from './finding.ts'
import type { Report } from './report.ts'
import type { KeySnapshot } from './snapshot.ts'

/** Text that a page shows as it is. Only {@link html} makes it. */
type Html = { readonly html: string }

/** Joins markup of this file with values from outside, which are escaped. */
function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  let text = parts[0] ?? ''
  for (const [at, value] of values.entries()) text += `${inserted(value)}${parts[at + 1] ?? ''}`
  return { html: text }
}

function inserted(value: string | number | Html | readonly Html[]): string {
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return 'html' in value ? value.html : value.map((one) => one.html).join('')
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

/** A text without meaning to a browser, and without characters that are not seen or that turn the direction of writing. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '')
}

/** The page of a report. */
export function formatReportHtml(report: Report): string {
  const { day, unusedDays, previous, findings, changes, keys, accessKeys } = report
  const since =
    previous === null
      ? 'This is the first report in its folder.'
      : `Changes are counted from the report of ${previous.day}.`
  const names = parseNames(Object.keys(CHECKS))
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Holdfast report ${day}</title>
<style>
${STYLE}
</style>
</head>
<body>
<h1>Holdfast report of ${day}</h1>
<p>${keys.length} keys, ${accessKeys.length} access keys. What was not used for ${unusedDays} days counts as unused. ${since}</p>
<table>
<thead><tr><th>Check</th><th class="number">Findings</th></tr></thead>
<tbody>
${names.map(
  (name) => html`<tr><td>${CHECKS[name].title}</td><td class="number">${report.counts[name]}</td></tr>
`,
)}</tbody>
</table>
${changesSection(changes, previous !== null)}${names.map((name) => checkSection(name, findings))}${keysSection(keys)}</body>
</html>
`
  return page.html
}

/** The names of the checks, in their order. */
function parseNames(names: readonly string[]): readonly CheckName[] {
  return names as readonly CheckName[]
}

const STYLE: Html = {
  html: `body { font: 14px/1.45 system-ui, sans-serif; color: #1a1a1a; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #d0d0d0; }
tr { break-inside: avoid; } thead { display: table-header-group; }
td { overflow-wrap: anywhere; } .number { text-align: right; font-variant-numeric: tabular-nums; }
.why, .event { color: #555; } .event, code { font: 12px ui-monospace, monospace; }
ul { margin: .3rem 0 0; padding-left: 1.1rem; }
.high { color: #a40000; font-weight: 600; } .medium { color: #8a5200; } .low { color: #3c5a78; }
@page { margin: 15mm; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } }`,
}

function checkSection(name: CheckName, findings: readonly Finding[]): Html {
  const { title, why } = CHECKS[name]
  const own = findings.filter(({ check }) => check === name)
  if (own.length === 0) return html``
  return html`<h2>${title}</h2>
<p class="why">${why}</p>
<table>
<thead><tr><th>Resource</th><th></th><th>Finding</th><th>Evidence</th></tr></thead>
<tbody>
${own.map(findingRow)}</tbody>
</table>
`
}

function findingRow({ severity, resource, text, details, events }: Finding): Html {
  return html`<tr><td><code>${resource}</code></td><td class="${severity}">${severity}</td><td>${text}${list(details)}</td><td>${eventList(events)}</td></tr>
`
}

function list(lines: readonly string[]): Html {
  return lines.length === 0 ? html`` : html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`
}

function eventList(events: readonly EventEvidence[]): Html {
  const line = ({ eventId, operation, principal, at }: EventEvidence): Html =>
    html`<div>${operation}, ${at}, ${principal}<br><span class="event">${eventId}</span></div>`
  return html`${events.map(line)}`
}

function changesSection(changes: readonly ReportChange[], compared: boolean): Html {
  if (!compared) return html``
  if (changes.length === 0)
    return html`<h2>Changes</h2>
<p>Nothing has changed.</p>
`
  return html`<h2>Changes</h2>
<table>
<thead><tr><th>Resource</th><th>Change</th><th>Evidence</th></tr></thead>
<tbody>
${changes.map(
  ({ resource, text, events }) =>
    html`<tr><td><code>${resource}</code></td><td>${text}</td><td>${eventList(events)}</td></tr>
`,
)}</tbody>
</table>
`
}

function keysSection(keys: readonly KeySnapshot[]): Html {
  if (keys.length === 0) return html``
  return html`<h2>All keys</h2>
<table>
<thead><tr><th>Key</th><th>State</th><th>Spec</th><th>Description</th><th>Aliases</th><th>Last used</th></tr></thead>
<tbody>
${keys.map(
  ({ arn, state, spec, description, aliases, lastUsed }) =>
    html`<tr><td><code>${arn}</code></td><td>${state}</td><td>${spec}</td><td>${description}</td><td>${aliases.join(' ')}</td><td>${lastUsed ?? 'never'}</td></tr>
`,
)}</tbody>
</table>
`
}
