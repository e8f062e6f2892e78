import type { GiveWay } from '../base/slices.ts'
import type { FeedPosition, RawStore } from './port.ts'
import type { CacheLimits } from './record-cache.ts'
import type { Sealer } from './sealed.ts'
import type { StoreWatch } from './watch.ts'

/** Up to where a cache knows a store, and which one. */
export type Seen = { readonly dataVersion: number; readonly lineage: number | undefined }

/** Whether both are the same place of the same store. */
export function isEqual(a: Seen, b: Seen): boolean {
  return a.dataVersion === b.dataVersion && a.lineage === b.lineage
}

/** What a store says when a cache in front of it begins. */
type StoreState = {
  readonly raw: RawStore
  /** Whether the engine answers at once. */
  readonly isLocal: boolean
  readonly seen: Seen
  readonly position: FeedPosition
}

/** With what a cache begins. */
export type Beginning = StoreState & {
  readonly sealer: Sealer
  readonly limits: CacheLimits
  readonly watch: StoreWatch | undefined
  readonly giveWay: GiveWay
  readonly closed: () => Promise<void>
}

/** Asks a store for its state. @throws StoreFailure. */
export async function beginningOf(raw: RawStore): Promise<StoreState> {
  // The data version is read first: a commit after it makes the next refresh follow the feed.
  const answer = raw.dataVersion()
  const dataVersion = await answer
  const seen = { dataVersion, lineage: raw.lineage?.() }
  const position = await raw.feedPosition()
  return { raw, isLocal: typeof answer === 'number', seen, position }
}
