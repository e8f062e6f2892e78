/** The dated report on all keys and access keys. Equal facts give equal reports. */

import { parseJsonText } from '../base/json-text.ts'
import { printableLongJson } from '../base/printable.ts'
import { accessKeyFindings } from './access-key-checks.ts'
import { changesSince, type ReportChange } from './changes.ts'
import type { ReportedAccessKey, ReportedKey, ReportedPrincipal } from './facts.ts'
import { CHECKS, type CheckName, type Finding, type Severity } from './finding.ts'
import { keyFindings } from './key-checks.ts'
import { type AccessKeySnapshot, type KeySnapshot, snapshotOfAccessKey, snapshotOfKey } from './snapshot.ts'

/** A report. */
export type Report = {
  readonly format: 1
  /** `2026-11-25`: ages are counted in whole days up to it. */
  readonly day: string
  /** The days without use after which something counts as unused. */
  readonly unusedDays: number
  readonly previous: PreviousReport | null
  /** The number of findings of each check. */
  readonly counts: Readonly<Record<CheckName, number>>
  readonly findings: readonly Finding[]
  readonly changes: readonly ReportChange[]
  readonly keys: readonly KeySnapshot[]
  readonly accessKeys: readonly AccessKeySnapshot[]
}

/** The previous report, with which changes are compared. */
type PreviousReport = { readonly day: string; readonly sha256: string }

/** The day of a report, and the days without use after which something counts as unused. */
export type ReportDay = Pick<Report, 'day' | 'unusedDays'>

/** What a report says of one key: plain data, which threads can send each other. */
export type KeyPart = {
  readonly arn: string
  readonly findings: readonly Finding[]
  readonly snapshot: KeySnapshot
  readonly touches: ReportedKey['touches']
}

/** The input of a report. */
export type ReportFacts = Omit<ReportParts, 'keys'> & {
  readonly keys: readonly ReportedKey[]
  readonly principals: readonly ReportedPrincipal[]
}

/** What a report consists of. */
export type ReportParts = ReportDay & {
  readonly keys: readonly KeyPart[]
  readonly accessKeys: readonly ReportedAccessKey[]
  /** What is risky about the unlock paths of the root key. */
  readonly custody: readonly CustodyRisk[]
  /** The previous report, whose signature is valid, and the digest of its file. */
  readonly previous?: { readonly report: Report; readonly sha256: string } | undefined
  /** The calls on keys of the previous report that no longer exist, by ARN. */
  readonly goneTouches: ReadonlyMap<string, ReportedKey['touches']>
}

/** Computes the report of these facts. */
export function makeReport({ principals, ...facts }: ReportFacts): Report {
  return assembleReport({ ...facts, keys: facts.keys.map((key) => keyPart(key, principals, facts)) })
}

/** Computes what a report says of a key. */
export function keyPart(
  key: ReportedKey,
  principals: readonly ReportedPrincipal[],
  { day, unusedDays }: ReportDay,
): KeyPart {
  const { arn, touches } = key
  return {
    arn,
    findings: keyFindings(key, principals, { day, unusedDays }),
    snapshot: snapshotOfKey(key),
    touches,
  }
}

/** Puts a report together. */
export function assembleReport(parts: ReportParts): Report {
  const { day, unusedDays, previous } = parts
  const keys = parts.keys.toSorted((one, other) => (one.arn < other.arn ? -1 : 1))
  const accessKeys = parts.accessKeys.toSorted((one, other) => (one.id < other.id ? -1 : 1))
  const when = { day, unusedDays }
  const findings = [
    ...parts.custody.map(custodyFinding),
    ...keys.flatMap((key) => key.findings),
    ...accessKeys.flatMap((key) => accessKeyFindings(key, when)),
  ]
  const order = Object.keys(CHECKS)
  const now = { keys: keys.map(({ snapshot }) => snapshot), accessKeys: accessKeys.map(snapshotOfAccessKey) }
  return {
    format: 1,
    ...when,
    previous: previous === undefined ? null : { day: previous.report.day, sha256: previous.sha256 },
    counts: countsOf(findings),
    findings: findings.toSorted((one, other) => order.indexOf(one.check) - order.indexOf(other.check)),
    changes: previous === undefined ? [] : changesSince(previous.report, now, touchesOf(keys, parts)),
    ...now,
  }
}

/** A risk of the unlock paths of the root key. */
export type CustodyRisk = { readonly severity: Severity; readonly text: string }

function custodyFinding({ severity, text }: CustodyRisk): Finding {
  return { check: 'root-key-custody', severity, resource: 'root key', text, details: [], events: [] }
}

/** The ARNs of a report's keys that are missing from these facts. */
export function goneKeys(report: Report, keys: readonly Pick<KeyPart, 'arn'>[]): readonly string[] {
  const here = new Set(keys.map(({ arn }) => arn))
  return report.keys.map(({ arn }) => arn).filter((arn) => !here.has(arn))
}

function touchesOf(
  keys: readonly KeyPart[],
  { goneTouches }: ReportParts,
): (arn: string) => ReportedKey['touches'] {
  const here = new Map(keys.map(({ arn, touches }) => [arn, touches]))
  return (arn) => here.get(arn) ?? goneTouches.get(arn) ?? []
}

function countsOf(findings: readonly Finding[]): Report['counts'] {
  const names = Object.keys(CHECKS)
  return parseCounts(
    Object.fromEntries(names.map((name) => [name, findings.filter(({ check }) => check === name).length])),
  )
}

/** The counts, which contain every check. */
function parseCounts(counts: Readonly<Record<string, number>>): Report['counts'] {
  return counts
}

/** The text of a report's file. */
export function formatReport(report: Report): string {
  return `${printableLongJson(report)}\n`
}

/** Parses a report whose signature is valid, so its content is trusted. @throws Error for another format. */
export function parseReport(text: string): Report {
  const report = parseJsonText(text) as Report
  if (report.format === 1) return report
  throw new Error('the report before has another format')
}
