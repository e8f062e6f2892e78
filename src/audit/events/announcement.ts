import type { Log } from '../../base/log.ts'
import type { OwnEventDependencies } from './own-events.ts'
import { type FormattedEvent, formatServiceEvent } from './service-event.ts'

/**
 * The announcements of Holdfast itself: the name of the record in the audit log, and the `detail-type` of the
 * event that is derived from it.
 */
export const ANNOUNCEMENTS = {
  IntegrityAlarm: 'Integrity Alarm',
  RecoverAuditLog: 'Audit Log Recovered',
  AllowKeyPolicyLockOut: 'Key Policy Lock-Out Risk',
  ComeNearQuota: 'Quota Nearly Reached',
  FailUnlockPath: 'Unlock Path Failed',
  FailRootKeyRotation: 'Root Key Rotation Failed',
  FailBackup: 'Backup Failed',
  FailRehearsal: 'Rehearsal Failed',
  TestEvents: 'Test',
} as const satisfies Readonly<Record<string, string>>

/** An announcement. */
export type Announcement = {
  readonly name: keyof typeof ANNOUNCEMENTS
  /** The account that it concerns; without it, the deployment's own. */
  readonly account?: string
  /** Without it, no trail delivers the record and no lookup finds it. */
  readonly region?: string
  /** ARNs. */
  readonly resources?: readonly string[]
  /** Members in lower camel case, never a secret. The event has them in lower case with hyphens. */
  readonly details: Readonly<Record<string, unknown>>
}

/** Announces something. Never rejects: what it cannot announce is in the operator's log. */
export type Announce = (announcement: Announcement) => Promise<void>

/** The dependencies of announcing. */
export type AnnouncerDependencies = OwnEventDependencies & {
  /** Makes a record durable. */
  readonly append: (eventJson: string) => Promise<void>
  /** Takes an announcement that the audit log cannot take. */
  readonly notifyDirectly: (recorded: FormattedEvent) => Promise<void>
  readonly log: Log
}

/** Announces by a record in the audit log, from which its event is derived and delivered like all others. */
export function announcer(dependencies: AnnouncerDependencies): Announce {
  return async (announcement) => {
    const recorded = formatAnnouncement(announcement, dependencies)
    try {
      await dependencies.append(recorded.json)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      dependencies.log.error('an announcement could not be recorded', { name: announcement.name, reason })
      await dependencies.notifyDirectly(recorded)
    }
  }
}

/** The record of an announcement. */
export function formatAnnouncement(
  { name, account, region = 'unknown', resources = [], details }: Announcement,
  own: OwnEventDependencies,
): FormattedEvent {
  const event = {
    name,
    account: account ?? own.account,
    region,
    resources: resources.map((arn) => ({ account: accountOf(arn) ?? own.account, arn })),
    details,
    own: true,
  }
  return formatServiceEvent(event, { at: own.clock.now(), random: own.random })
}

const ACCOUNT_FIELD = 4

function accountOf(arn: string): string | undefined {
  const account = arn.split(':')[ACCOUNT_FIELD]
  return account === '' ? undefined : account
}
