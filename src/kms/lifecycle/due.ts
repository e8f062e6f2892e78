import type { EpochMs } from '../../base/ports.ts'
import type { Consequence } from '../../dispatch/operation.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { type Change, insert, type Kind } from '../../store/records.ts'
import type { KeyPlace } from '../keys/key-materials.ts'

/** The kinds of due notes. */
type DueWhat = 'DeleteKey' | 'RotateKey' | 'ExpireKeyMaterial'

/** A note of something that must happen to a key at a time. Partition: the UTC day, `2026-11-24`. */
export type DueValue = KeyPlace & {
  readonly format: 1
  readonly what: DueWhat
  /** When the job looks at it. */
  readonly at: EpochMs
  /** The time that the key itself plans: a note is out of date when the key plans another, or none. */
  readonly planned: EpochMs
  /** The key material that expires. */
  readonly materialId?: string
}

/** The kind of notes of what is due. */
export const DUE: Kind<DueValue> = kindOfFormat1('due')

/** The plan for a due note. */
export type DuePlan = {
  readonly changes: readonly Change[]
  readonly event: Consequence
  /** Key materials that nothing may use any more. */
  readonly forget: readonly string[]
}

/** What a note is made from. */
export type NewDue = Omit<DueValue, 'format' | 'planned'> & { readonly planned?: EpochMs }

/**
 * A due note. It stays when the plan changes: the job compares it with the key before it acts.
 *
 * @param noteId is unique: a deletion may be cancelled and scheduled again within a millisecond.
 */
export function dueNote(noteId: string, { account, region, keyId, ...rest }: NewDue): Change {
  const value: DueValue = { format: 1, planned: rest.at, ...rest, account, region, keyId }
  return insert(DUE, dueDay(rest.at), noteId, value)
}

const DAY_TEXT_LENGTH = '2026-11-24'.length

/** The partition of due notes for a time. */
export function dueDay(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, DAY_TEXT_LENGTH)
}
