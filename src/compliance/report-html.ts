/** A report as one self-contained page: no scripts, fonts or other files. */

import { parseArn } from '../api/arn.ts'
import { formatCount } from '../base/count.ts'
import type { ReportChange } from './changes.ts'
import type { EventEvidence } from './facts.ts'
import { CHECKS, type CheckName, type Finding, type Severity } from './finding.ts'
import { countSeverities, type FindingGroup, groupFindings } from './finding-groups.ts'
import { type Html, html } from './html.ts'
import type { Report } from './report.ts'
import { REPORT_STYLE } from './report-style.ts'
import type { AccessKeySnapshot, KeySnapshot } from './snapshot.ts'

const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low']

/** The page of a report. */
export function formatReportHtml(report: Report): string {
  const { day, findings, changes, keys, accessKeys, previous } = report
  const names = namesOf(keys, accessKeys)
  const checks = parseNames(Object.keys(CHECKS))
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast report ${day}</title>
<style>
${REPORT_STYLE}
</style>
</head>
<body>
<header>
${headSection(report)}</header>
<main>
${summarySection(findings, checks)}${changesSection(changes, names, previous !== null)}${checks.map((name) => checkSection(name, findings, names))}${keysSection(keys)}</main>
</body>
</html>
`
  return page.html
}

/** The names of the checks, in their order. */
function parseNames(names: readonly string[]): readonly CheckName[] {
  return names as readonly CheckName[]
}

function headSection({ day, unusedDays, previous, keys, accessKeys }: Report): Html {
  const accounts = new Set(keys.map(({ arn }) => parseArn(arn)?.account))
  const since =
    previous === null
      ? html`This is the first report in its folder, so there are no changes to show.`
      : html`Changes are counted from the report of <span class="day">${previous.day}</span>.`
  return html`<h1>Holdfast report of <span class="day">${day}</span></h1>
<p>${formatCount(keys.length, 'key')} in ${formatCount(accounts.size, 'account')}, and ${formatCount(accessKeys.length, 'access key')}. What was not used for ${formatCount(unusedDays, 'day')} counts as unused. ${since}</p>
<p class="soft">The note beside this file signs it: <code>holdfast report verify report-${day}.html --verifier-key KEY</code> says whether it is as it was written.</p>
`
}

function summarySection(findings: readonly Finding[], checks: readonly CheckName[]): Html {
  const counts = countSeverities(findings)
  return html`<ul class="tiles">
${SEVERITIES.map(
  (
    severity,
  ) => html`<li class="${counts[severity] === 0 ? 'none' : severity}"><b>${counts[severity]}</b> ${severity}</li>
`,
)}</ul>
<table>
<thead><tr><th>Check</th>${SEVERITIES.map((severity) => html`<th class="number">${severity}</th>`)}</tr></thead>
<tbody>
${checks.map((name) => summaryRow(name, findings))}</tbody>
</table>
`
}

function summaryRow(name: CheckName, findings: readonly Finding[]): Html {
  const counts = countSeverities(findings.filter(({ check }) => check === name))
  return html`<tr><td>${CHECKS[name].title}</td>${SEVERITIES.map(
    (severity) => html`<td class="number${counts[severity] === 0 ? ' zero' : ''}">${counts[severity]}</td>`,
  )}</tr>
`
}

/** The names of resources for people: the aliases or description of a key, the owner of an access key. */
type Names = ReadonlyMap<string, string>

function namesOf(keys: readonly KeySnapshot[], accessKeys: readonly AccessKeySnapshot[]): Names {
  return new Map([
    ...keys.map((key) => [key.arn, nameOf(key)] as const),
    ...accessKeys.map(({ id, owner }) => [id, owner] as const),
  ])
}

function nameOf({ aliases, description }: Pick<KeySnapshot, 'aliases' | 'description'>): string {
  return aliases.length > 0 ? aliases.join(', ') : description
}

function checkSection(name: CheckName, findings: readonly Finding[], names: Names): Html {
  const { title, why, todo, verify } = CHECKS[name]
  const own = findings.filter(({ check }) => check === name)
  if (own.length === 0) return html``
  return html`<section>
<h2>${title}</h2>
<p>${why}</p>
<dl class="help"><dt>What to do</dt><dd>${todo}</dd><dt>How to verify</dt><dd>${verify}</dd></dl>
${groupFindings(own).map((group) => groupSection(group, names))}</section>
`
}

function groupSection({ check, severity, text, details, members }: FindingGroup, names: Names): Html {
  const what = formatCount(members.length, check.startsWith('access-key') ? 'access key' : 'key')
  return html`<div class="group">
<div class="head"><span class="badge ${severity}">${severity}</span> <h3>${what}${text === undefined ? '' : `: ${text}`}</h3></div>
${list(details)}<table class="rows">
<thead><tr><th class="wide">Resource</th>${text === undefined ? html`<th>Finding</th>` : html``}<th>Evidence</th></tr></thead>
<tbody>
${members.map(
  (member) =>
    html`<tr>${resourceCell(member.resource, names)}${text === undefined ? html`<td>${member.text}</td>` : html``}<td>${eventList(member.events)}</td></tr>
`,
)}</tbody>
</table>
</div>
`
}

function resourceCell(resource: string, names: Names): Html {
  const name = names.get(resource) ?? ''
  const shown = name === '' ? html`` : html`<span class="name">${name}</span><br>`
  return html`<td>${shown}<code>${resource}</code></td>`
}

function list(lines: readonly string[]): Html {
  return lines.length === 0
    ? html``
    : html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>
`
}

function eventList(events: readonly EventEvidence[]): Html {
  const line = ({ eventId, operation, principal, at }: EventEvidence): Html =>
    html`<div class="event">${operation}, ${at}<br><span class="text">${principal}</span><br><span class="soft">event <code>${eventId}</code></span></div>`
  return html`${events.map(line)}`
}

function changesSection(changes: readonly ReportChange[], names: Names, compared: boolean): Html {
  if (!compared) return html``
  if (changes.length === 0)
    return html`<section>
<h2>Changes</h2>
<p>Nothing has changed.</p>
</section>
`
  return html`<section>
<h2>Changes</h2>
<table class="rows">
<thead><tr><th class="wide">Resource</th><th>Change</th><th>Evidence</th></tr></thead>
<tbody>
${changes.map(
  ({ resource, text, events }) =>
    html`<tr>${resourceCell(resource, names)}<td class="text">${text}</td><td>${eventList(events)}</td></tr>
`,
)}</tbody>
</table>
</section>
`
}

function keysSection(keys: readonly KeySnapshot[]): Html {
  if (keys.length === 0) return html``
  return html`<section>
<h2>All keys</h2>
<table class="rows">
<thead><tr><th class="wide">Key</th><th>State</th><th>Spec</th><th>Rotation</th><th>Last used</th></tr></thead>
<tbody>
${keys.map(keyRow)}</tbody>
</table>
</section>
`
}

function keyRow(key: KeySnapshot): Html {
  const { arn, state, spec, description, aliases, rotationDays, lastUsed } = key
  const name = nameOf(key)
  const shown = name === '' ? html`` : html`<span class="name">${name}</span><br>`
  const more =
    aliases.length === 0 || description === ''
      ? html``
      : html`<span class="text soft">${description}</span><br>`
  const rotation = rotationDays === null ? 'off' : `${rotationDays} days`
  return html`<tr><td>${shown}${more}<code>${arn}</code></td><td data-label="State">${state}</td><td data-label="Spec">${spec}</td><td data-label="Rotation">${rotation}</td><td class="day" data-label="Last used">${lastUsed ?? 'never'}</td></tr>
`
}
