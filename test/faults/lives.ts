/** For tests: keys whose material changes in the course of time, as acknowledged calls and the clock have left them. */

import { randomBytes } from 'node:crypto'
import { REGION } from '../support/kms.ts'
import { Facts } from './facts.ts'

/**
 * What happens to a key: its material rotates; it is imported, deleted and expires; it is renewed
 * by new imported material; it rotates and moves in several regions.
 */
export type Life = 'rotating' | 'imported' | 'renewed' | 'multi-region'

/** What was encrypted, and the material that has opened it. */
type Sealed = { readonly ciphertext: string; readonly plaintext: string; materialId?: string }

/** A key that exists. */
export type LivingKey = {
  readonly id: string
  readonly life: Life
  /** The caller that changes it: one alone, so that it knows what to expect. */
  readonly owner: number
  readonly sealed: Sealed[]
  /** What is imported first, again and again. */
  readonly bytes: Buffer
  /** All materials in their order, as they were last listed. */
  materials: readonly string[]
  /** Those of them that a rotation has brought. */
  rotated: readonly string[]
  /** How often its material must have expired. */
  expired: number
  /** It was deleted at its time. */
  isGone: boolean
  /** Its time has come for something, and nobody has looked yet whether it was done. */
  isDue: boolean
}

export const REGIONS = [REGION, 'eu-central-1', 'us-west-2']

/** The names of facts. */
export const factOf = {
  /** Rotations on demand, with a `+` when new material waits for the next. */
  onDemand: (id: string) => `rotations on demand of ${id}`,
  automatic: (id: string) => `automatic rotations of ${id}`,
  /** `on` or `off`. */
  schedule: (id: string) => `automatic rotation of ${id}`,
  /** `absent`, `for ever`, or the second until which it is there. */
  material: (id: string) => `material of ${id}`,
  /** The primary region, and then all, from `setText`. */
  set: (id: string) => `regions of ${id}`,
  /** `no` or `scheduled`. */
  deletion: (id: string) => `deletion of ${id}`,
}

/** The value of a set of keys in several regions. */
export function setText(primary: string, regions: readonly string[]): string {
  return `${primary}: ${regions.toSorted().join(' ')}`
}

/** The primary region and all regions of {@link setText}. */
export function parseSet(text: string): { readonly primary: string; readonly regions: readonly string[] } {
  const [primary = '', regions = ''] = text.split(': ')
  return { primary, regions: regions.split(' ') }
}

/** Keys, and what is known of them. */
export class Lives {
  readonly facts = new Facts()
  readonly keys = new Map<string, LivingKey>()

  /** Takes in a key that has just been made. */
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

  /** Keys that are there and that their owner may change. */
  ownedBy(owner: number): readonly LivingKey[] {
    return [...this.keys.values()].filter(
      (key) => key.owner === owner && !key.isDue && this.value('deletion', key) === 'no',
    )
  }

  /**
   * The clock says a time at which everything that was planned is due: deletions, one rotation of
   * each key that rotates by itself, and what of imported material was to last until then.
   */
  pass(now: number): void {
    for (const key of this.keys.values()) {
      if (this.value('deletion', key) === 'scheduled') key.isGone = true
      else if (this.value('schedule', key) === 'on') {
        const count = Number(this.value('automatic', key)) + 1
        this.facts.settle(factOf.automatic(key.id), String(count))
      }
      // `absent` and `for ever` are no numbers.
      const validTo = Number(this.value('material', key))
      if (Number.isNaN(validTo)) continue
      if (validTo * 1000 > now) throw new Error(`the material of ${key.id} outlasts the leap`)
      this.facts.settle(factOf.material(key.id), 'absent')
      key.expired += 1
      key.isDue = true
    }
  }

  /** How often the service has done something to a key by itself, in its log. */
  deeds(key: LivingKey): { readonly [event: string]: number } {
    const rotations = Number.parseInt(this.value('onDemand', key), 10) + Number(this.value('automatic', key))
    return { RotateKey: rotations, DeleteExpiredKeyMaterial: key.expired, DeleteKey: Number(key.isGone) }
  }
}
