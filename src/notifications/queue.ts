import type { Clock } from '../base/ports.ts'
import { StoreConflict } from '../store/port.ts'
import { insert, LIST_MAX_RECORDS, type Records, remove } from '../store/records.ts'
import { type DeliverDependencies, putAway } from './deliver.ts'
import { type Endpoint, isWanted } from './endpoint.ts'
import type { StreamEvent } from './notification.ts'
import { ALL, ENDPOINT, enqueued, findEndpoint, listWaiting, newEndpoint } from './notification-records.ts'

/** The dependencies of queues. */
export type QueueDependencies = {
  readonly records: Records
  readonly clock: Clock
  readonly endpoints: readonly Endpoint[]
  readonly bury: DeliverDependencies['bury']
}

/** Changes of one commit. */
const COMMIT_CHANGES = 500

/** Queues events for all endpoints that get them. */
export async function takeEvents(
  { records, clock, endpoints }: QueueDependencies,
  events: readonly StreamEvent[],
): Promise<void> {
  for (const endpoint of endpoints) {
    const wanted = events.filter((event) => isWanted(endpoint, event))
    if (wanted.length === 0) continue
    await makeKnown(records, endpoint)
    const letters = wanted.map((event) => ({ eventId: event.id, body: JSON.stringify(event) }))
    const changes = enqueued(endpoint.id, letters, clock.now())
    for (let from = 0; from < changes.length; from += COMMIT_CHANGES) {
      await records.commit(changes.slice(from, from + COMMIT_CHANGES))
    }
  }
}

/** Makes dead letters of the events of endpoints that are not configured any more. */
export async function forgetEndpoints(dependencies: QueueDependencies): Promise<void> {
  const { records, endpoints } = dependencies
  const known = await records.list(ENDPOINT, { partition: ALL, limit: LIST_MAX_RECORDS })
  const set = new Set(endpoints.map(({ id }) => id))
  for (const state of known.records) {
    if (set.has(state.name)) continue
    const endpoint = { id: state.name, origin: state.value.origin }
    const waiting = await listWaiting(records, state.name)
    await putAway(dependencies, endpoint, waiting, 'the endpoint is not set any more')
    await records.commit([remove(state)])
  }
}

/** Makes the record of an endpoint, if there is none. */
async function makeKnown(records: Records, { id, origin }: Pick<Endpoint, 'id' | 'origin'>): Promise<void> {
  if ((await findEndpoint(records, id)) !== undefined) return
  try {
    await records.commit([insert(ENDPOINT, ALL, id, newEndpoint(origin))])
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof StoreConflict)) throw error
  }
}
