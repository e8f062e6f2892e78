import type { EventEvidence } from './facts.ts'
import type { CheckName, Finding, Severity } from './finding.ts'

/** Findings of one check that say the same of several resources. */
export type FindingGroup = {
  readonly check: CheckName
  readonly severity: Severity
  /** What all say; where they differ in numbers and times, each says it for itself. */
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

/** Findings of one check by what they say; the severest and then the largest groups come first. */
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

/** Days and times, which differ between findings that are otherwise alike. */
const NUMBERS = /\d{4}-\d\d-\d\dT[\d:]+Z|\d+/g

/** How many findings there are of each severity. */
export function countSeverities(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const count = (wanted: Severity): number => findings.filter(({ severity }) => severity === wanted).length
  return { high: count('high'), medium: count('medium'), low: count('low') }
}
