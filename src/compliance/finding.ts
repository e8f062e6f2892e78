import type { TouchRow } from '../store/index-port.ts'
import { type EventEvidence, formatSecond } from './facts.ts'

/** The severity of a finding. */
export type Severity = 'high' | 'medium' | 'low'

/** The checks, in the order of a report: title, reason, remedy, and how to verify the remedy. */
export const CHECKS = {
  'root-key-custody': {
    title: 'Custody of the root key',
    why: 'The root key opens every key. What keeps it while the server is down has to be apart from the data, spare and proved.',
    todo: 'Add an unlock path outside of the data folder and a spare one, prove both, and remove the path file: holdfast seal add, prove, remove.',
    verify: 'holdfast seal list shows the paths and their proofs, and no warning.',
  },
  'open-to-everyone': {
    title: 'Keys open to everyone',
    why: 'A statement of the key policy allows any principal. Its conditions, if it has some, are all that limits it.',
    todo: 'Name the principals that need the key in the key policy, or add a condition that only they meet (kms:CallerAccount, aws:PrincipalOrgID); take the statement out when nobody needs it.',
    verify:
      'Run holdfast policy what-if with the new policy before you put it: no call that is meant may become refused. The finding is gone in the next report.',
  },
  'open-to-accounts': {
    title: 'Keys open to other accounts',
    why: 'A statement of the key policy, or a grant, lets another account use or change the key.',
    todo: 'Compare the accounts with those that are meant to use the key. Take the others out of the key policy, and revoke their grants.',
    verify:
      'holdfast impact KEY shows which principals of other accounts call it. Try the new policy with holdfast policy what-if.',
  },
  'separation-of-duties': {
    title: 'Principals who can administer and use the same key',
    why: 'Who changes who may use a key should not be who uses it.',
    todo: 'Give administration (PutKeyPolicy, DisableKey, ScheduleKeyDeletion) to a role of its own, and use to the applications.',
    verify:
      'holdfast simulate --principal ARN --action kms:PutKeyPolicy --resource KEY is refused for who uses the key.',
  },
  'rotation-off': {
    title: 'Keys without rotation',
    why: 'A symmetric key whose material comes from here and is not renewed by itself.',
    todo: 'Call EnableKeyRotation. Ciphertexts that are there still open; nothing has to be encrypted again.',
    verify:
      'GetKeyRotationStatus answers KeyRotationEnabled true, and holdfast materials KEY shows a new material after the period.',
  },
  'unused-key': {
    title: 'Unused keys',
    why: 'No successful cryptographic call for the time that the report looks back.',
    todo: 'Ask the owner. Disable the key first; schedule its deletion when nothing has missed it for a while.',
    verify:
      'holdfast impact KEY shows who used it and what fails without it. After DisableKey, refused calls show who still needs it.',
  },
  'unused-permission': {
    title: 'Unused permissions',
    why: 'Principals whom policies or a grant let use the key, and who have not, for that time.',
    todo: 'Take the permission away from those who do not need it: out of the key policy, the identity policy or by revoking the grant.',
    verify: 'holdfast policy what-if with the new key policy shows no call that would become refused.',
  },
  'imported-material': {
    title: 'Imported material that is missing or soon expires',
    why: 'When it expires, nothing can be encrypted or decrypted until it is imported again.',
    todo: 'Import the material again with ImportKeyMaterial before it expires, from where you keep it.',
    verify: 'DescribeKey answers KeyState Enabled and a ValidTo in the future, or no expiry.',
  },
  'pending-deletion': {
    title: 'Keys that are waiting for their deletion',
    why: 'When they are gone, what they have encrypted is lost.',
    todo: 'Make sure that the deletion is meant. CancelKeyDeletion keeps the key; it is disabled then.',
    verify: 'holdfast impact KEY shows who has called it of late and what is lost with it.',
  },
  disabled: {
    title: 'Disabled keys',
    why: 'Calls that use them fail.',
    todo: 'Enable it when it is needed, or schedule its deletion when it is not.',
    verify: 'holdfast impact KEY shows calls that fail because of it.',
  },
  'access-key-old': {
    title: 'Old access keys',
    why: 'An access key is a secret that many have held: it should be replaced every 90 days.',
    todo: 'Make a second access key, give it to its user, deactivate the old one and delete it when nothing has missed it.',
    verify: 'GetAccessKeyLastUsed shows that the old key is not used any more before it is deleted.',
  },
  'access-key-unused': {
    title: 'Unused access keys',
    why: 'An active access key that nobody has called with for that time.',
    todo: 'Deactivate it, and delete it when nothing has missed it.',
    verify: 'GetAccessKeyLastUsed answers the last use; calls with a deactivated key are refused.',
  },
} as const

/** One of {@link CHECKS}. */
export type CheckName = keyof typeof CHECKS

/** A finding of a report. */
export type Finding = {
  readonly check: CheckName
  readonly severity: Severity
  /** The ARN of a key, the ID of an access key, or `root key`. */
  readonly resource: string
  readonly text: string
  /** Details, one line each: statements, grants, principals. */
  readonly details: readonly string[]
  /** Events that prove it, if any. */
  readonly events: readonly EventEvidence[]
}

/** The maximum number of details of a finding. */
const DETAILS_MAX = 200

/** Limits the details of a finding; a last line counts the rest. */
export function limitDetails(details: readonly string[]): readonly string[] {
  const more = details.length - DETAILS_MAX
  return more > 0 ? [...details.slice(0, DETAILS_MAX), `and ${more} more`] : details
}

/** The last successful call of one of these operations on a key, if any, as evidence. */
export function eventsOf(
  touches: readonly TouchRow[],
  ...operations: readonly string[]
): readonly EventEvidence[] {
  const found = touches.find(({ failed, operation }) => !failed && operations.includes(operation))
  return found === undefined ? [] : [evidenceOf(found)]
}

/** The last call of a row as evidence. */
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

/** The day of a report, and the days after which something counts as unused. */
export type ReportTime = { readonly day: string; readonly unusedDays: number }
