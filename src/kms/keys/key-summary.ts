import type { KeyOrigin, KeySpec, KeyUsage } from '../../api/key-specs.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { SummaryKind } from '../../store/records.ts'
import { KEY, type KeyState, type KeyValue, type Tag } from './key-record.ts'

/** The members of a key that searches of all keys read. */
export type KeySummary = {
  readonly createdAt: EpochMs
  readonly description: string
  readonly spec: KeySpec
  readonly usage: KeyUsage
  readonly origin: KeyOrigin
  /** As stored: see `stateAt`. */
  readonly state: KeyState
  /** When imported key material expires. */
  readonly validTo?: EpochMs
  /** The date of the deletion, if it is fixed. */
  readonly goneAt?: EpochMs
  readonly aliases: readonly string[]
  readonly tags: readonly Tag[]
  /** The primary Region of a multi-Region key. */
  readonly primary?: string
  readonly managed: boolean
  readonly keyStoreId?: string
  /** When Holdfast rotates the key next. */
  readonly rotatesAt?: EpochMs
}

/** Equal texts of keys: each record that is read has copies of its own. */
const TEXTS = new Map<string, string>()
const TEXTS_MAX = 1000

/** @see KeySummary */
export const KEY_SUMMARY: SummaryKind<KeyValue, KeySummary> = {
  kind: KEY,
  of: (value) => ({
    createdAt: value.createdAt,
    description: value.description,
    spec: shared(value.spec),
    usage: shared(value.usage),
    origin: shared(value.origin),
    state: shared(value.state),
    aliases: value.aliases,
    tags: value.tags.map((tag) => ({ key: shared(tag.key), value: shared(tag.value) })),
    managed: value.managed === true,
    ...(value.imported?.validTo !== undefined && { validTo: value.imported.validTo }),
    ...(value.deletion?.at !== undefined && { goneAt: value.deletion.at }),
    ...(value.multiRegion !== undefined && { primary: shared(value.multiRegion.primary) }),
    ...(value.keyStore !== undefined && { keyStoreId: value.keyStore.id }),
    ...(value.rotation !== undefined && { rotatesAt: value.rotation.nextAt }),
  }),
}

/** The first copy of a text. */
function shared<T extends string>(text: T): T {
  const known = TEXTS.get(text)
  if (known !== undefined) return parseShared(text, known)
  if (TEXTS.size < TEXTS_MAX) TEXTS.set(text, text)
  return text
}

/** A text that equals one of the type. */
function parseShared<T extends string>(_text: T, known: string): T {
  return known as T
}
