import type { Light, LightKind } from './records.ts'
import { Ring, type RingEntry } from './ring.ts'

/** How much is remembered of what lists show, at most: all of 100,000 keys. */
const LIGHTS_LIMITS: LightsLimits = { count: 200_000, bytes: 41_943_040 }

/** A bound on what is remembered. */
type LightsLimits = { readonly count: number; readonly bytes: number }

type Entry = RingEntry & {
  readonly kind: object
  readonly version: number
  readonly light: Light<object>
}

type Versioned = { readonly version: number; readonly record: Light<object> }

/** What an entry takes beside its texts: of a key with an id and a number it was measured to be 330 bytes in all. */
const ENTRY_BYTES = 240

/**
 * What lists show of records, by where each is and its version. What has changed is dropped here as from memory, so a
 * record that was removed and made anew, and counts from 1 again, is not taken for the former one.
 */
export class Lights {
  readonly #entries: Ring<Entry>

  constructor({ count, bytes }: LightsLimits = LIGHTS_LIMITS) {
    this.#entries = new Ring(count, bytes)
  }

  /** @param version of the record that the store has now, where it was asked. */
  find<V extends object, L extends object>(
    kind: LightKind<V, L>,
    key: string,
    version?: number,
  ): Light<L> | undefined {
    const entry = this.#entries.find(key)
    if (entry?.kind !== kind || (version !== undefined && version !== entry.version)) return undefined
    return parseLight(kind, entry.light)
  }

  put(kind: object, key: string, { version, record: light }: Versioned): void {
    this.drop(key)
    const sizeBytes = ENTRY_BYTES + light.name.length + memberBytes(light.light)
    this.#entries.add({ key, kind, version, light, sizeBytes, used: false })
    let over = this.#entries.takeOver()
    while (over !== undefined) over = this.#entries.takeOver()
  }

  drop(key: string): void {
    this.#entries.take(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}

const MEMBER_BYTES = 16

/** What the members of a light record take. */
function memberBytes(value: object): number {
  let bytes = 0
  for (const member of Object.values(value)) {
    bytes += MEMBER_BYTES
    if (typeof member === 'string') bytes += member.length
    else if (typeof member === 'object' && member !== null) bytes += memberBytes(member)
  }
  return bytes
}

/** What was put for this very kind, and so came from its `of`. */
function parseLight<V extends object, L extends object>(
  _kind: LightKind<V, L>,
  light: Light<object>,
): Light<L> {
  return light as Light<L>
}
