import { join } from 'node:path'
import { followLog, LOG_START, LogBroken, type LogPosition } from '../audit/log/follow.ts'
import { fromUtf8 } from '../base/bytes.ts'
import type { CollectDependencies } from './collect.ts'

/** Which records are gathered: those after some places, up to sequence numbers that end batches. */
export type GatherQuestion = {
  readonly from: Readonly<Record<string, LogPosition>>
  readonly until: Readonly<Record<string, number>>
}

/** What was gathered, and how far. */
export type Gathered = {
  /** Records that may be worth an event, by node and in order. */
  readonly lines: readonly string[]
  readonly positions: Readonly<Record<string, LogPosition>>
  /** Nodes whose log does not go on as it should. */
  readonly broken: readonly { readonly node: string; readonly reason: string }[]
}

/** Records that are gathered in one go, about. */
const GATHERED_MAX = 200
/** Records that are looked at in one go. */
const SEEN_MAX = 200_000

/**
 * A name, source or type that events are made of. Quotes within the texts of a record are escaped, so
 * that only a member of a record matches; which one is looked at later.
 */
const NOTABLE =
  /"eventName":"(?:RotateKey|DeleteKey|DeleteExpiredKeyMaterial|ScheduleKeyDeletion|DisableKey)"|"eventSource":"holdfast"|"eventType":"AwsCloudTrailInsight"/

/** Gathers the records that events are made of. A log that is broken does not keep others from being read. */
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

/** Moves the node's position on batch by batch, so that what comes before a break is not lost. */
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
    // Most batches have none: those are not taken apart.
    if (NOTABLE.test(text)) bag.lines.push(...text.split('\n').filter((line) => NOTABLE.test(line)))
    bag.seen += batch.count
    positions[node] = batch.end
    if (batch.end.point.sequence >= end || isFull(bag)) return
  }
  throw new LogBroken(`${node}: the log does not have a batch that ends with event ${end}`)
}
