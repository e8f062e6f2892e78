import type { EpochMs } from '../base/ports.ts'
import { kindOfFormat1 } from '../store/kind.ts'
import { type Change, insert, type Kind } from '../store/records.ts'

/** Something that has to happen to a key at a moment. Partition: the UTC day, `2026-11-24`. */
export type DueValue = {
  readonly format: 1
  readonly what: 'DeleteKey'
  readonly at: EpochMs
  readonly account: string
  readonly region: string
  readonly keyId: string
}

/** The kind of notes of what is due. */
export const DUE: Kind<DueValue> = kindOfFormat1('due')

/**
 * The note that a key's deletion is due. It is left behind when the deletion is cancelled: the job
 * compares it with the key before it acts.
 *
 * @param noteId is unique: a deletion may be cancelled and asked for again within a millisecond.
 */
export function dueDeletion(noteId: string, of: Omit<DueValue, 'format' | 'what'>): Change {
  return insert(DUE, dueDay(of.at), noteId, { format: 1, what: 'DeleteKey', ...of })
}

const DAY_TEXT_LENGTH = '2026-11-24'.length

/** The partition of due notes that a moment falls into. */
export function dueDay(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, DAY_TEXT_LENGTH)
}
