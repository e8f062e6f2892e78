import type { Records } from '../store/records.ts'
import { ALL, CURSOR } from './notification-records.ts'

/** By node, the last record that events were derived from; none before the first. */
export async function takenByEvents(records: Records): Promise<(node: string) => number> {
  const cursor = await records.get(CURSOR, ALL, ALL)
  return (node) => cursor?.value.positions[node]?.sequence ?? 0
}
