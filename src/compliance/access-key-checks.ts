import { type EventEvidence, formatInstant, type ReportedAccessKey } from './facts.ts'
import { daysBefore, type Finding, type ReportTime } from './finding.ts'

/** Source: AWS IAM User Guide, "Update access keys": the period of its security checks. */
const ACCESS_KEY_DAYS = 90

/** The findings of a report on one access key. */
export function accessKeyFindings(
  key: ReportedAccessKey,
  { day, unusedDays }: ReportTime,
): readonly Finding[] {
  const { id, owner, active, createdAt, lastUsedAt } = key
  if (!active) return []
  const details = [`of ${owner}`, `made at ${formatInstant(createdAt)}`]
  const one = { severity: 'medium', resource: id, details, events: eventsOf(key) } as const
  const findings: Finding[] = []
  const age = daysBefore(day, createdAt)
  if (age > ACCESS_KEY_DAYS) findings.push({ ...one, check: 'access-key-old', text: `${age} days old` })
  const idle = daysBefore(day, lastUsedAt ?? createdAt)
  if (idle >= unusedDays) {
    const text = lastUsedAt === undefined ? `never used, made ${idle} days ago` : `not used for ${idle} days`
    findings.push({ ...one, check: 'access-key-unused', text })
  }
  return findings
}

function eventsOf({ lastEvent }: ReportedAccessKey): readonly EventEvidence[] {
  return lastEvent === undefined ? [] : [lastEvent]
}
