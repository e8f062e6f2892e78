import type { TouchRow } from '../store/index-port.ts'
import { type EventEvidence, formatSecond } from './facts.ts'

/** How much a finding matters. */
export type Severity = 'high' | 'medium' | 'low'

/** What is checked, in the order in which a report shows it: a title, and why it matters. */
export const CHECKS = {
  'open-to-everyone': {
    title: 'Keys open to everyone',
    why: 'A statement of the key policy allows any principal. Its conditions, if it has some, are all that limits it.',
  },
  'open-to-accounts': {
    title: 'Keys open to other accounts',
    why: 'A statement of the key policy, or a grant, lets another account use or change the key.',
  },
  'separation-of-duties': {
    title: 'Principals who can administer and use the same key',
    why: 'Who changes who may use a key should not be who uses it.',
  },
  'rotation-off': {
    title: 'Keys without rotation',
    why: 'A symmetric key whose material comes from here and is not renewed by itself.',
  },
  'unused-key': {
    title: 'Unused keys',
    why: 'No successful cryptographic call for the time that the report looks back.',
  },
  'unused-permission': {
    title: 'Unused permissions',
    why: 'Principals whom policies or a grant let use the key, and who have not, for that time.',
  },
  'imported-material': {
    title: 'Imported material that is missing or soon expires',
    why: 'When it expires, nothing can be encrypted or decrypted until it is imported again.',
  },
  'pending-deletion': {
    title: 'Keys that are waiting for their deletion',
    why: 'When they are gone, what they have encrypted is lost.',
  },
  disabled: { title: 'Disabled keys', why: 'Calls that use them fail.' },
  'access-key-old': {
    title: 'Old access keys',
    why: 'An access key is a secret that many have held: it should be replaced every 90 days.',
  },
  'access-key-unused': {
    title: 'Unused access keys',
    why: 'An active access key that nobody has called with for that time.',
  },
} as const

/** One of {@link CHECKS}. */
export type CheckName = keyof typeof CHECKS

/** What a report has found. */
export type Finding = {
  readonly check: CheckName
  readonly severity: Severity
  /** The ARN of a key, or the id of an access key. */
  readonly resource: string
  readonly text: string
  /** More of it, a line for each: statements, grants, principals. */
  readonly details: readonly string[]
  /** Events that show it, as far as there are some. */
  readonly events: readonly EventEvidence[]
}

/** Details of one finding. */
const DETAILS_MAX = 200

/** No more details than a finding may have; a last line counts the rest. */
export function limitDetails(details: readonly string[]): readonly string[] {
  const more = details.length - DETAILS_MAX
  return more > 0 ? [...details.slice(0, DETAILS_MAX), `and ${more} more`] : details
}

/** The last successful call of one of these operations on a key, if there is one, as evidence. */
export function eventsOf(
  touches: readonly TouchRow[],
  ...operations: readonly string[]
): readonly EventEvidence[] {
  const found = touches.find(({ failed, operation }) => !failed && operations.includes(operation))
  return found === undefined ? [] : [evidenceOf(found)]
}

/** A row of calls as evidence: the last of them. */
export function evidenceOf({ eventId, operation, principal, lastSecond }: TouchRow): EventEvidence {
  return { eventId, operation, principal, at: formatSecond(lastSecond) }
}

const DAY_MS = 86_400_000

/** The whole days from a moment to the beginning of a day; 0 for later moments. */
export function daysBefore(day: string, atMs: number): number {
  return Math.max(0, Math.floor(Date.parse(day) / DAY_MS) - Math.floor(atMs / DAY_MS))
}

/** The whole days from the beginning of a day to a moment; negative for earlier days. */
export function daysUntil(day: string, atMs: number): number {
  return Math.floor(atMs / DAY_MS) - Math.floor(Date.parse(day) / DAY_MS)
}

/** The day of a report, and what counts as unused in it. */
export type ReportTime = { readonly day: string; readonly unusedDays: number }
