import type { EpochMs } from '../base/ports.ts'
import { type Change, insert, type Records, replace } from '../store/records.ts'
import { type DeadLetter, type DeadLetterDependencies, takeDeadLetters } from './dead-letters.ts'
import { ALL, ENDPOINT, enqueued, findEndpoint, newEndpoint } from './notification-records.ts'

/** The dependencies of delivering again. */
export type RedeliverDependencies = {
  readonly letters: DeadLetterDependencies
  readonly records: Records
  readonly now: () => EpochMs
  /** Commits changes with the event of the operator's command. */
  readonly commit: (eventIds: readonly string[], plan: () => Promise<readonly Change[]>) => Promise<void>
}

/** Letters of one commit: each is a change, and so is its endpoint. */
const BATCH_MAX = 400

/**
 * Puts dead letters back into the queues of their endpoints, at the end, as if they were new. An endpoint
 * that was gone gets events again.
 *
 * @param eventId which letters; without it, all.
 * @returns how many.
 */
export async function redeliver(
  dependencies: RedeliverDependencies,
  eventId: string | undefined,
): Promise<number> {
  const begunAt = new Date(dependencies.now()).toISOString()
  let count = 0
  for (;;) {
    const taken = await takeDeadLetters(
      dependencies.letters,
      (present) =>
        present
          .filter((letter) => letter.at <= begunAt && (eventId === undefined || letter.eventId === eventId))
          .slice(0, BATCH_MAX),
      (letters) => putBack(dependencies, letters),
    )
    count += taken.length
    if (taken.length < BATCH_MAX) return count
  }
}

async function putBack(
  { records, commit, now }: RedeliverDependencies,
  letters: readonly DeadLetter[],
): Promise<void> {
  await commit(
    letters.map((letter) => letter.eventId),
    async () => {
      const changes: Change[] = []
      for (const [endpointId, theirs] of Map.groupBy(letters, (letter) => letter.endpointId)) {
        changes.push(...enqueued(endpointId, theirs, now()))
        changes.push(await woken(records, endpointId, theirs[0]?.origin ?? ''))
      }
      return changes
    },
  )
}

async function woken(records: Records, endpointId: string, origin: string): Promise<Change> {
  const state = await findEndpoint(records, endpointId)
  return state === undefined
    ? insert(ENDPOINT, ALL, endpointId, newEndpoint(origin))
    : replace(state, newEndpoint(state.value.origin))
}
