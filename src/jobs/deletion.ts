import { formatEvent } from '../audit/event.ts'
import type { Log } from '../base/log.ts'
import type { Clock, EpochMs, Random } from '../base/ports.ts'
import { type Deletion, planDeletion } from '../kms/deletion.ts'
import { DUE, type DueValue } from '../kms/due.ts'
import { StoreConflict } from '../store/port.ts'
import { type Change, LIST_MAX_RECORDS, type Records, remove, type Stored } from '../store/records.ts'
import { daysToLookAt, forgetDaysBefore } from './due-days.ts'

/** What the deletion job works with. */
export type DeletionParts = {
  readonly records: Records
  readonly journal: {
    readonly commit: (changes: readonly Change[], eventId: string, eventJson: string) => Promise<void>
  }
  /** Drops a material from memory. */
  readonly forget: (material: Deletion['materials'][number]) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Deletes every key whose waiting period is over. Any worker may run it: each deletion is one
 * versioned commit, so none happens twice.
 */
export async function deleteDueKeys(parts: DeletionParts): Promise<void> {
  const { records, clock } = parts
  await records.refresh()
  const now = clock.now()
  const days = await daysToLookAt(records, now)
  let first: string | undefined
  for (const day of days) {
    const left = await deleteDueOn(parts, day, now)
    if (left > 0) first ??= day
  }
  await forgetDaysBefore(records, first ?? days.at(-1) ?? '')
}

/** Handles the notes of one day; gives how many are left for later. */
async function deleteDueOn(parts: DeletionParts, day: string, now: EpochMs): Promise<number> {
  let left = 0
  let after: string | undefined
  do {
    const page = await parts.records.list(DUE, { partition: day, after, limit: LIST_MAX_RECORDS })
    for (const due of page.records) {
      const done = due.value.at <= now && (await settle(parts, due, now))
      if (!done) left += 1
    }
    after = page.next
  } while (after !== undefined)
  return left
}

/** Deletes the key of a note, or drops a note that is out of date. */
async function settle(parts: DeletionParts, due: Stored<DueValue>, now: EpochMs): Promise<boolean> {
  try {
    const deletion = await planDeletion(parts.records, due, now)
    if (deletion === undefined) await parts.records.commit([remove(due)])
    else await deleteKey(parts, deletion)
    return true
  } catch (error) {
    // Another worker was faster, or somebody has cancelled: the next run sees what is true.
    if (error instanceof StoreConflict) return false
    throw error
  }
}

async function deleteKey(parts: DeletionParts, deletion: Deletion): Promise<void> {
  const eventId = parts.random.uuid()
  const { account, region, arn, changes } = deletion
  const event = formatEvent({
    userIdentity: JSON.stringify({ accountId: account, invokedBy: INTERNAL }),
    at: parts.clock.now(),
    source: 'kms.amazonaws.com',
    name: 'DeleteKey',
    region,
    sourceAddress: INTERNAL,
    userAgent: INTERNAL,
    request: null,
    response: null,
    requestId: parts.random.uuid(),
    eventId,
    readOnly: false,
    resources: [{ account, arn }],
    type: 'AwsServiceEvent',
    recipient: account,
  })
  await parts.journal.commit(changes, eventId, event)
  for (const material of deletion.materials) parts.forget(material)
  parts.log.info('a key was deleted at the end of its waiting period', { key: arn })
}

/** How CloudTrail names the service itself. */
const INTERNAL = 'AWS Internal'
