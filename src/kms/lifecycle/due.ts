import type { EpochMs } from '../../base/ports.ts'
import type { Consequence } from '../../dispatch/operation.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { type Change, insert, type Kind } from '../../store/records.ts'
import type { KeyPlace } from '../keys/key-materials.ts'

/** What can be due. */
type DueWhat = 'DeleteKey' | 'RotateKey' | 'ExpireKeyMaterial'

/** Something that has to happen to a key at a moment. Partition: the UTC day, `2026-11-24`. */
export type DueValue = KeyPlace & {
  readonly format: 1
  readonly what: DueWhat
  /** When it is to be looked at. */
  readonly at: EpochMs
  /**
   * The moment that the key itself says for it: a note whose key says another, or nothing any more,
   * is out of date.
   */
  readonly planned: EpochMs
  /** The material that expires. */
  readonly materialId?: string
}

/** The kind of notes of what is due. */
export const DUE: Kind<DueValue> = kindOfFormat1('due')

/** What is to be done about something that is due. */
export type DuePlan = {
  readonly changes: readonly Change[]
  readonly event: Consequence
  /** Materials that nothing may use any more. */
  readonly forget: readonly string[]
}

/** What a note is made from. */
export type NewDue = Omit<DueValue, 'format' | 'planned'> & { readonly planned?: EpochMs }

/**
 * The note that something is due. It is left behind when the plan changes: the job compares it with
 * the key before it acts.
 *
 * @param noteId is unique: a deletion may be cancelled and asked for again within a millisecond.
 */
export function dueNote(noteId: string, { account, region, keyId, ...rest }: NewDue): Change {
  const value: DueValue = { format: 1, planned: rest.at, ...rest, account, region, keyId }
  return insert(DUE, dueDay(rest.at), noteId, value)
}

const DAY_TEXT_LENGTH = '2026-11-24'.length

/** The partition of due notes that a moment falls into. */
export function dueDay(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, DAY_TEXT_LENGTH)
}
