import { readHeads } from '../../audit/log/journal.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { Records } from '../../store/records.ts'
import { DELIVERY, type DeliveryValue, isLogging, listTrails } from '../trail-records.ts'

/** How the delivery of trails stands. */
export type TrailsStanding = {
  /** Trails that deliver. */
  readonly count: number
  /** Those whose last delivery has failed. */
  readonly failing: number
  /** Events that the trail furthest behind has not looked at. */
  readonly lagEvents: number
  /** Of the trail that had no file for longest: when it had one. */
  readonly lastDeliveryAt: EpochMs | undefined
}

/** How the delivery of all trails of these accounts stands. @throws StoreFailure. */
export async function findTrailsStanding(
  records: Records,
  accounts: readonly string[],
): Promise<TrailsStanding> {
  const heads = [...(await readHeads(records))]
  const states: (DeliveryValue | undefined)[] = []
  for (const account of accounts) {
    for (const trail of await listTrails(records, account)) {
      if (!isLogging(trail.value)) continue
      states.push((await records.get(DELIVERY, trail.partition, trail.name))?.value)
    }
  }
  const lags = states.map((state) =>
    heads.reduce((sum, [node, { sequence }]) => sum + sequence - (state?.positions[node]?.sequence ?? 0), 0),
  )
  const delivered = states.flatMap((state) => state?.lastDelivery ?? [])
  return {
    count: states.length,
    failing: states.filter((state) => state?.lastError !== undefined).length,
    lagEvents: Math.max(0, ...lags),
    lastDeliveryAt: delivered.length === 0 ? undefined : Math.min(...delivered),
  }
}
