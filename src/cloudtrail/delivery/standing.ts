import { readHeads } from '../../audit/log/journal.ts'
import type { EpochMs } from '../../base/ports.ts'
import type { Records } from '../../store/records.ts'
import { DELIVERY, type DeliveryValue, isLogging, listTrails } from '../trail-records.ts'

/** The state of the delivery of trails. */
export type TrailsStanding = {
  /** Trails that deliver. */
  readonly count: number
  /** Trails whose last delivery failed. */
  readonly failing: number
  /** Events that the trail furthest behind has not processed. */
  readonly lagEvents: number
  /** The last delivery of the trail that has waited longest for a file. */
  readonly lastDeliveryAt: EpochMs | undefined
}

/** The state of the delivery of all trails of these accounts. @throws StoreFailure. */
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
