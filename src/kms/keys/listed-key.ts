import { KEY_SPEC_NAMES, type KeySpec } from '../../api/key-specs.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { SummaryKind } from '../../store/records.ts'
import { KEY, type KeyValue } from './key-record.ts'

/** What lists and reports show of a key: see `SummaryKind`. */
export type ListedKey = {
  readonly spec: KeySpec
  readonly createdAt: EpochMs
  /** Whether the key is pending deletion, and when it is gone. */
  readonly isPendingDeletion: boolean
  readonly goneAt?: EpochMs
}

/** The one text of each spec: each record that is read has a copy of its own. */
const SPECS: ReadonlyMap<string, KeySpec> = new Map(KEY_SPEC_NAMES.map((name) => [name, name]))

/** @see ListedKey */
export const LISTED_KEY: SummaryKind<KeyValue, ListedKey> = {
  kind: KEY,
  of: ({ spec, createdAt, state, deletion }) => ({
    spec: SPECS.get(spec) ?? spec,
    createdAt,
    isPendingDeletion: state === 'PendingDeletion',
    ...(deletion?.at !== undefined && { goneAt: deletion.at }),
  }),
}
