import { join } from 'node:path'
import type { AuditFiles } from '../audit/files.ts'
import { type FollowedBatch, followLog, LOG_START, LogBroken, type LogPosition } from '../audit/follow.ts'
import { nodesAmong } from '../audit/slot.ts'
import { fromUtf8 } from '../base/bytes.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import type { EventFact } from '../insights/fact.ts'
import { isInsight, parseEvent } from './event-facts.ts'
import { insightFact } from './insight-facts.ts'

/** Where the nodes' logs are. */
export type MergedLogParts = {
  readonly files: AuditFiles
  readonly auditFolder: string
  readonly key: HmacKey
}

/** The next batch of any node, or that a node's log does not go on from where it was left. */
export type MergedStep = MergedBatch | MergedBreak

type MergedBatch = {
  readonly type: 'batch'
  readonly node: string
  readonly end: LogPosition
  readonly facts: readonly EventFact[]
  /** The ids of insights that are recorded in it. */
  readonly insights: readonly string[]
}

type MergedBreak = {
  readonly type: 'break'
  readonly node: string
  readonly sequence: number
  readonly reason: string
}

type Reader = { readonly node: string; readonly batches: AsyncGenerator<FollowedBatch> }
type Head = Reader & { readonly step: MergedStep; readonly second: number }

/**
 * The batches of all nodes that come after some positions, as many as are complete now. Those of a
 * node come in order; of several nodes, the one whose events begin first.
 */
export async function* mergedLog(
  parts: MergedLogParts,
  positions: ReadonlyMap<string, LogPosition>,
  skipped: ReadonlySet<string> = new Set(),
): AsyncGenerator<MergedStep> {
  const { files, auditFolder, key } = parts
  const heads: Head[] = []
  for (const node of nodesAmong(await files.list(auditFolder))) {
    if (skipped.has(node)) continue
    const from = positions.get(node) ?? LOG_START
    const log = { files, folder: join(auditFolder, node), chain: { node, key }, fromFirstKept: true }
    const head = await nextHead({ node, batches: followLog(log, from) }, from.point.sequence, 0)
    if (head !== undefined) heads.push(head)
  }
  try {
    for (let head = earliest(heads); head !== undefined; head = earliest(heads)) {
      const { step } = head
      heads.splice(heads.indexOf(head), 1)
      const next =
        step.type === 'break' ? undefined : await nextHead(head, step.end.point.sequence, head.second)
      if (next !== undefined) heads.push(next)
      yield step
    }
  } finally {
    for (const { batches } of heads) await batches.return(undefined)
  }
}

function earliest(heads: readonly Head[]): Head | undefined {
  let first: Head | undefined
  for (const head of heads) if (first === undefined || head.second < first.second) first = head
  return first
}

async function nextHead(
  { node, batches }: Reader,
  sequence: number,
  before: number,
): Promise<Head | undefined> {
  try {
    const next = await batches.next()
    if (next.done === true) return undefined
    const { facts, insights } = readBatch(next.value.events)
    const second = Math.max(before, facts[0]?.second ?? before)
    return { node, batches, second, step: { type: 'batch', node, end: next.value.end, facts, insights } }
  } catch (error) {
    if (!(error instanceof LogBroken)) throw error
    return { node, batches, second: before, step: { type: 'break', node, sequence, reason: error.message } }
  }
}

function readBatch(events: Uint8Array): Pick<MergedBatch, 'facts' | 'insights'> {
  const facts: EventFact[] = []
  const insights: string[] = []
  for (const line of fromUtf8(events).split('\n')) {
    if (line === '') continue
    const event = parseEvent(line)
    if (isInsight(event)) insights.push(event.eventID)
    const fact = insightFact(event)
    if (fact !== undefined) facts.push(fact)
  }
  return { facts, insights }
}
