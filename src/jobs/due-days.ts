import type { EpochMs } from '../base/ports.ts'
import { dueDay } from '../kms/lifecycle/due.ts'
import { kindOfFormat1 } from '../store/kind.ts'
import { StoreConflict } from '../store/port.ts'
import { type Change, insert, type Kind, type Records, replace } from '../store/records.ts'

/** The first day that may still hold due notes. Partition and name: {@link CURSOR}. */
const DUE_CURSOR: Kind<{ readonly format: 1; readonly day: string }> = kindOfFormat1('due-cursor')

const CURSOR = 'all'
const DAY_MS = 86_400_000
/** A call that began before midnight may commit its note for that day after the job has looked at the day. */
const LATE_COMMIT_MAX_MS = DAY_MS
/** For a clock that was ahead and was set back: the oldest age of notes that came due in the meantime. */
const LOOK_BACK_MS = 366 * DAY_MS

/**
 * The days to look at, oldest first, up to today. A server that was down for years looks at every day that it
 * has missed.
 */
export async function daysToLookAt(records: Records, now: EpochMs): Promise<readonly string[]> {
  const today = dueDay(now)
  const cursor = await records.get(DUE_CURSOR, CURSOR, CURSOR)
  if (cursor === undefined) {
    await commitUnlessBeaten(records, insert(DUE_CURSOR, CURSOR, CURSOR, { format: 1, day: today }))
    return [today]
  }
  if (cursor.value.day > today) {
    await commitUnlessBeaten(records, replace(cursor, { format: 1, day: dueDay(now - LOOK_BACK_MS) }))
    return daysToLookAt(records, now)
  }
  const days: string[] = []
  for (let at = Date.parse(cursor.value.day); at <= now; at += DAY_MS) days.push(dueDay(at))
  return days
}

/**
 * Records that no day before `first`, and no day that ended longer than {@link LATE_COMMIT_MAX_MS} ago, has a note any
 * more. It only moves forward.
 *
 * @param first the first day that still has a note, when there is one.
 */
export async function forgetDaysBefore(
  records: Records,
  first: string | undefined,
  now: EpochMs,
): Promise<void> {
  const settled = dueDay(now - LATE_COMMIT_MAX_MS)
  const day = first !== undefined && first < settled ? first : settled
  const cursor = await records.get(DUE_CURSOR, CURSOR, CURSOR)
  if (cursor === undefined || cursor.value.day >= day) return
  await commitUnlessBeaten(records, replace(cursor, { format: 1, day }))
}

/** A faster worker has written the same, or the next run writes the new state. */
async function commitUnlessBeaten(records: Records, change: Change): Promise<void> {
  try {
    await records.commit([change])
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
  }
}
