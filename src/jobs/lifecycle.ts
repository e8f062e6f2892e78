import { type FormattedEvent, formatServiceEvent } from '../audit/events/service-event.ts'
import type { Log } from '../base/log.ts'
import type { Clock, EpochMs, Random } from '../base/ports.ts'
import { DUE, type DuePlan, type DueValue } from '../kms/lifecycle/due.ts'
import { StoreConflict } from '../store/port.ts'
import { type Change, LIST_MAX_RECORDS, type Records, remove, type Stored } from '../store/records.ts'
import { daysToLookAt, forgetDaysBefore } from './due-days.ts'

/** The dependencies of the lifecycle job. */
export type LifecycleDependencies = {
  readonly records: Records
  readonly journal: {
    readonly commit: (changes: readonly Change[], events: readonly FormattedEvent[]) => Promise<void>
  }
  /** Plans what to do about a due note. */
  readonly plan: (due: Stored<DueValue>, now: EpochMs) => Promise<DuePlan | undefined>
  /** Drops key material from memory. */
  readonly forget: (materialId: string) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Called when a step has ended, with its success. */
  readonly ended?: (what: DueValue['what'], succeeded: boolean) => void
}

/**
 * Does what is due for keys: deletes, rotates, lets imported key material expire. Any worker may run it: each
 * step is one versioned commit with its note, so none happens twice. A failure for one key waits for the next
 * run and delays no other key.
 *
 * @throws the first failure, after all notes.
 */
export async function doWhatIsDue(dependencies: LifecycleDependencies): Promise<void> {
  const { records, clock } = dependencies
  await records.refresh()
  const now = clock.now()
  const days = await daysToLookAt(records, now)
  const failures: unknown[] = []
  let first: string | undefined
  for (const day of days) {
    const left = await doDueOn(dependencies, { day, now }, failures)
    if (left > 0) first ??= day
  }
  await forgetDaysBefore(records, first, now)
  if (failures.length > 0) throw failures[0]
}

type Moment = { readonly day: string; readonly now: EpochMs }

/** Handles the notes of one day; returns how many are left for later. */
async function doDueOn(
  dependencies: LifecycleDependencies,
  { day, now }: Moment,
  failures: unknown[],
): Promise<number> {
  let left = 0
  let after: string | undefined
  do {
    const page = await dependencies.records.list(DUE, { partition: day, after, limit: LIST_MAX_RECORDS })
    for (const due of page.records) {
      try {
        if (due.value.at > now || !(await settle(dependencies, due, now))) left += 1
      } catch (error) {
        dependencies.ended?.(due.value.what, false)
        failures.push(error)
        left += 1
      }
    }
    after = page.next
  } while (after !== undefined)
  return left
}

/** Carries out a note, or removes one that is out of date. */
async function settle(
  dependencies: LifecycleDependencies,
  due: Stored<DueValue>,
  now: EpochMs,
): Promise<boolean> {
  try {
    const plan = await dependencies.plan(due, now)
    if (plan === undefined) await dependencies.records.commit([remove(due)])
    else await carryOut(dependencies, due, plan)
    return true
  } catch (error) {
    // Another worker was faster, or a call has changed the key: the next run reads the new state.
    if (error instanceof StoreConflict) return false
    throw error
  }
}

async function carryOut(
  dependencies: LifecycleDependencies,
  due: Stored<DueValue>,
  plan: DuePlan,
): Promise<void> {
  const { changes, event, forget } = plan
  const recorded = formatServiceEvent(event, { at: dependencies.clock.now(), random: dependencies.random })
  await dependencies.journal.commit([remove(due), ...changes], [recorded])
  for (const materialId of forget) dependencies.forget(materialId)
  dependencies.ended?.(due.value.what, true)
  dependencies.log.info(DONE[due.value.what], { key: event.resources[0]?.arn })
}

const DONE: { readonly [W in DueValue['what']]: string } = {
  DeleteKey: 'a key was deleted at the end of its waiting period',
  RotateKey: 'a key was rotated',
  ExpireKeyMaterial: 'imported key material has expired',
}
