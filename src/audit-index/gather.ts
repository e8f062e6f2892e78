import { join } from 'node:path'
import { followLog, LOG_START, LogBroken, type LogPosition } from '../audit/log/follow.ts'
import { fromUtf8 } from '../base/bytes.ts'
import type { CollectDependencies } from './collect.ts'

/** A request to gather records: those after some positions, up to sequence numbers that end batches. */
export type GatherQuestion = {
  readonly from: Readonly<Record<string, LogPosition>>
  readonly until: Readonly<Record<string, number>>
}

/** The gathered records and the reached positions. */
export type Gathered = {
  /** Records that may lead to an event, by node and in order. */
  readonly lines: readonly string[]
  readonly positions: Readonly<Record<string, LogPosition>>
  /** Nodes with a broken log. */
  readonly broken: readonly { readonly node: string; readonly reason: string }[]
}

/** The approximate number of records gathered in one step. */
const GATHERED_MAX = 200
/** The maximum number of records read in one step. */
const SEEN_MAX = 200_000

/**
 * A name, source or type that leads to events. Quotes within the texts of a record are escaped, so only a member
 * of a record matches; later code checks which one.
 */
const NOTABLE =
  /"eventName":"(?:RotateKey|DeleteKey|DeleteExpiredKeyMaterial|ScheduleKeyDeletion|DisableKey)"|"eventSource":"holdfast"|"eventType":"AwsCloudTrailInsight"/

/** Gathers the records that lead to events. A broken log does not prevent the reading of others. */
export async function gatherRecords(
  dependencies: CollectDependencies,
  { from, until }: GatherQuestion,
): Promise<Gathered> {
  const bag: Bag = { lines: [], seen: 0 }
  const positions: Record<string, LogPosition> = { ...from }
  const broken: { node: string; reason: string }[] = []
  for (const node of Object.keys(until).sort()) {
    try {
      await followNode(dependencies, { node, end: until[node] ?? 0 }, positions, bag)
    } catch (error) {
      if (!(error instanceof LogBroken)) throw error
      broken.push({ node, reason: error.message })
    }
    if (isFull(bag)) break
  }
  return { lines: bag.lines, positions, broken }
}

type Bag = { readonly lines: string[]; seen: number }

function isFull({ lines, seen }: Bag): boolean {
  return lines.length >= GATHERED_MAX || seen >= SEEN_MAX
}

/** Advances the node's position batch by batch, so that records before a break are not lost. */
async function followNode(
  { files, auditFolder, key }: CollectDependencies,
  { node, end }: { readonly node: string; readonly end: number },
  positions: Record<string, LogPosition>,
  bag: Bag,
): Promise<void> {
  const from = positions[node] ?? LOG_START
  if (from.point.sequence >= end) return
  const log = { files, folder: join(auditFolder, node), chain: { node, key }, fromFirstKept: true }
  for await (const batch of followLog(log, from)) {
    const text = fromUtf8(batch.events)
    // Most batches have no match, and are not split into lines.
    if (NOTABLE.test(text)) bag.lines.push(...text.split('\n').filter((line) => NOTABLE.test(line)))
    bag.seen += batch.count
    positions[node] = batch.end
    if (batch.end.point.sequence >= end || isFull(bag)) return
  }
  throw new LogBroken(`${node}: the log does not have a batch that ends with event ${end}`)
}
