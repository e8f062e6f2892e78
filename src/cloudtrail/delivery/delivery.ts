import type { Collected, CollectQuestion } from '../../audit-index/collect.ts'
import type { Clock, Random } from '../../base/ports.ts'
import { insert, type Records, replace, type Stored } from '../../store/records.ts'
import { DELIVERY, type DeliveryValue, type TrailValue } from '../trail-records.ts'
import type { Destination } from './destination.ts'

/** The dependencies of delivery. */
export type DeliverDependencies = {
  readonly records: Records
  readonly destination: Destination
  readonly clock: Clock
  readonly random: Random
  /** Reads the log: see `collectEvents`. */
  readonly collect: (question: CollectQuestion) => Promise<Collected>
}

/** A trail, and the state of its delivery. Every change is committed before the next step. */
export class Delivery {
  readonly dependencies: DeliverDependencies
  readonly trail: Stored<TrailValue>
  #state: Stored<DeliveryValue> | undefined

  constructor(
    dependencies: DeliverDependencies,
    trail: Stored<TrailValue>,
    state: Stored<DeliveryValue> | undefined,
  ) {
    this.dependencies = dependencies
    this.trail = trail
    this.#state = state
  }

  get account(): string {
    return this.trail.partition
  }

  get state(): DeliveryValue {
    return this.#state?.value ?? NOTHING_YET
  }

  /** @throws StoreConflict when another process delivers, or the trail is gone. */
  async save(value: DeliveryValue): Promise<void> {
    const { records } = this.dependencies
    const { partition, name } = this.trail
    const change =
      this.#state === undefined ? insert(DELIVERY, partition, name, value) : replace(this.#state, value)
    await records.commit([change])
    this.#state = await records.get(DELIVERY, partition, name)
  }
}

const NOTHING_YET: DeliveryValue = { format: 1, positions: {}, files: [], chains: {} }
