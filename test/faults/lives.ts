/**
 * For tests: keys whose material changes over time, in the state that follows from acknowledged calls and the clock.
 */

import { randomBytes } from 'node:crypto'
import { REGION } from '../support/kms.ts'
import { Facts } from './facts.ts'

/**
 * The changes of a key. `rotating`: its material rotates. `imported`: its material is imported, deleted and expires.
 * `renewed`: new imported material replaces the old. `multi-region`: it rotates and moves between Regions.
 */
export type Life = 'rotating' | 'imported' | 'renewed' | 'multi-region'

/** A ciphertext, its plaintext, and the material that decrypted it. */
type Sealed = { readonly ciphertext: string; readonly plaintext: string; materialId?: string }

/** An existing key. */
export type LivingKey = {
  readonly id: string
  readonly life: Life
  /** The only caller that changes the key, so that it can predict the results. */
  readonly owner: number
  readonly sealed: Sealed[]
  /** The first key material, which callers import repeatedly. */
  readonly bytes: Buffer
  /** All materials in order, as last listed. */
  materials: readonly string[]
  /** The materials that rotations created. */
  rotated: readonly string[]
  /** The number of times that its material must have expired. */
  expired: number
  /** Whether its scheduled deletion is done. */
  isGone: boolean
  /** Whether a change was due that no check has covered yet. */
  isDue: boolean
}

export const REGIONS = [REGION, 'eu-central-1', 'us-west-2']

/** The names of facts. */
export const factOf = {
  /** The number of on-demand rotations, with a `+` while new material waits for the next one. */
  onDemand: (id: string) => `rotations on demand of ${id}`,
  automatic: (id: string) => `automatic rotations of ${id}`,
  /** `on` or `off`. */
  schedule: (id: string) => `automatic rotation of ${id}`,
  /** `absent`, `for ever`, or its expiry in seconds since 1970. */
  material: (id: string) => `material of ${id}`,
  /** The primary Region, then all Regions, as `setText` formats them. */
  set: (id: string) => `regions of ${id}`,
  /** `no` or `scheduled`. */
  deletion: (id: string) => `deletion of ${id}`,
}

/** Formats the Regions of a set of multi-Region keys. */
export function setText(primary: string, regions: readonly string[]): string {
  return `${primary}: ${regions.toSorted().join(' ')}`
}

/** Parses the primary Region and all Regions from {@link setText}. */
export function parseSet(text: string): { readonly primary: string; readonly regions: readonly string[] } {
  const [primary = '', regions = ''] = text.split(': ')
  return { primary, regions: regions.split(' ') }
}

/** Keys and their expected state. */
export class Lives {
  readonly facts = new Facts()
  readonly keys = new Map<string, LivingKey>()

  /** Adds a new key. */
  add(id: string, life: Life, owner: number): void {
    const bytes = randomBytes(32)
    const unseen = { sealed: [], materials: [], rotated: [], expired: 0, isGone: false, isDue: false }
    this.keys.set(id, { id, life, owner, bytes, ...unseen })
    const { facts } = this
    facts.settle(factOf.onDemand(id), '0')
    facts.settle(factOf.automatic(id), '0')
    facts.settle(factOf.schedule(id), 'off')
    facts.settle(factOf.material(id), life === 'imported' || life === 'renewed' ? 'absent' : 'for ever')
    facts.settle(factOf.set(id), setText(REGION, [REGION]))
    facts.settle(factOf.deletion(id), 'no')
  }

  value(fact: keyof typeof factOf, { id }: LivingKey): string {
    return this.facts.value(factOf[fact](id))
  }

  /** The existing keys that their owner may change. */
  ownedBy(owner: number): readonly LivingKey[] {
    return [...this.keys.values()].filter(
      (key) => key.owner === owner && !key.isDue && this.value('deletion', key) === 'no',
    )
  }

  /**
   * Advances the clock past all planned changes: deletions, one rotation of each key with automatic rotation, and
   * expiry of imported material.
   */
  pass(now: number): void {
    for (const key of this.keys.values()) {
      if (this.value('deletion', key) === 'scheduled') key.isGone = true
      else if (this.value('schedule', key) === 'on') {
        const count = Number(this.value('automatic', key)) + 1
        this.facts.settle(factOf.automatic(key.id), String(count))
      }
      // `absent` and `for ever` are not numbers.
      const validTo = Number(this.value('material', key))
      if (Number.isNaN(validTo)) continue
      if (validTo * 1000 > now)
        throw new Error(`the material of ${key.id} does not expire before the new time`)
      this.facts.settle(factOf.material(key.id), 'absent')
      key.expired += 1
      key.isDue = true
    }
  }

  /** The expected number of the service's own actions on a key, by event name. */
  deeds(key: LivingKey): { readonly [event: string]: number } {
    const rotations = Number.parseInt(this.value('onDemand', key), 10) + Number(this.value('automatic', key))
    return { RotateKey: rotations, DeleteExpiredKeyMaterial: key.expired, DeleteKey: Number(key.isGone) }
  }
}
