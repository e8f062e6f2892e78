import { LIST_MAX_RECORDS, type Records } from '../../store/records.ts'
import { DELIVERY, isLogging, listTrails } from '../trail-records.ts'

/**
 * By node, the last event that every logging trail has processed; events that no trail waits for count as
 * processed.
 */
export async function takenByTrails(
  records: Records,
  accounts: readonly string[],
): Promise<(node: string) => number> {
  const delivered: Readonly<Record<string, { readonly sequence: number }>>[] = []
  for (const account of accounts) {
    const trails = (await listTrails(records, account)).filter(({ value }) => isLogging(value))
    if (trails.length === 0) continue
    const { records: states } = await records.list(DELIVERY, { partition: account, limit: LIST_MAX_RECORDS })
    for (const { name } of trails)
      delivered.push(states.find((state) => state.name === name)?.value.positions ?? {})
  }
  return (node) => Math.min(Number.POSITIVE_INFINITY, ...delivered.map((one) => one[node]?.sequence ?? 0))
}
