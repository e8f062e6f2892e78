import type { EventEvidence } from './facts.ts'
import type { CheckName, Finding, Severity } from './finding.ts'

/** Findings of one check with the same text for several resources. */
export type FindingGroup = {
  readonly check: CheckName
  readonly severity: Severity
  /** The common text; nothing when numbers or times differ, and then each member has its own. */
  readonly text: string | undefined
  readonly details: readonly string[]
  readonly members: readonly GroupMember[]
}

/** One resource of a group. */
type GroupMember = {
  readonly resource: string
  readonly text: string
  readonly events: readonly EventEvidence[]
}

const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low']

/** Groups the findings of one check by their text; the most severe, then the largest groups come first. */
export function groupFindings(findings: readonly Finding[]): readonly FindingGroup[] {
  const alike = Map.groupBy(findings, ({ severity, text, details }) =>
    JSON.stringify([severity, text.replaceAll(NUMBERS, '#'), details]),
  )
  const groups = [...alike.values()].flatMap((members) => {
    const [first] = members
    if (first === undefined) return []
    const { check, severity, text, details } = first
    const same = members.every((member) => member.text === text)
    const one: FindingGroup = { check, severity, text: same ? text : undefined, details, members }
    return [one]
  })
  const weight = ({ severity }: FindingGroup): number => SEVERITIES.indexOf(severity)
  return groups.toSorted((a, b) => weight(a) - weight(b) || b.members.length - a.members.length)
}

/** Days and times, which may differ within a group. */
const NUMBERS = /\d{4}-\d\d-\d\dT[\d:]+Z|\d+/g

/** The number of findings of each severity. */
export function countSeverities(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const count = (wanted: Severity): number => findings.filter(({ severity }) => severity === wanted).length
  return { high: count('high'), medium: count('medium'), low: count('low') }
}
