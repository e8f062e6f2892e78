import { join } from 'node:path'
import type { AuditFiles } from '../audit/log/files.ts'
import { followLog, LOG_START, LogBroken, type LogPosition } from '../audit/log/follow.ts'
import { nodesAmong } from '../audit/log/slot.ts'
import type { HmacKey } from '../crypto/hmac.ts'
import { EventReader } from './event-reader.ts'
import { type FactBatch, factsOf, type Handover } from './handover.ts'

/** The dependencies of reading the nodes' logs. */
export type MergedLogDependencies = {
  readonly files: AuditFiles
  readonly auditFolder: string
  readonly key: HmacKey
  /** Batches that were already read. */
  readonly handover?: Handover | undefined
}

/** The next batch of any node, or a node's broken log. */
export type MergedStep = MergedBatch | MergedBreak

type MergedBatch = FactBatch & { readonly type: 'batch'; readonly node: string }

type MergedBreak = {
  readonly type: 'break'
  readonly node: string
  readonly sequence: number
  readonly reason: string
}

type Reader = { readonly node: string; readonly batches: AsyncGenerator<FactBatch> }
type Head = Reader & { readonly step: MergedStep; readonly second: number }

/**
 * The complete batches of all nodes after some positions. The batches of a node come in order; among nodes, the
 * one with the earliest events comes first.
 */
export async function* mergedLog(
  dependencies: MergedLogDependencies,
  positions: ReadonlyMap<string, LogPosition>,
  skipped: ReadonlySet<string> = new Set(),
): AsyncGenerator<MergedStep> {
  const { files, auditFolder, handover } = dependencies
  const heads: Head[] = []
  for (const node of nodesAmong(await files.list(auditFolder))) {
    if (skipped.has(node)) {
      handover?.drop(node)
      continue
    }
    const from = positions.get(node) ?? LOG_START
    const head = await nextHead(
      { node, batches: nodeBatches(dependencies, node, from) },
      from.point.sequence,
      0,
    )
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
    const { facts, insights, end } = next.value
    const second = Math.max(before, facts[0]?.second ?? before)
    return { node, batches, second, step: { type: 'batch', node, end, facts, insights } }
  } catch (error) {
    if (!(error instanceof LogBroken)) throw error
    return { node, batches, second: before, step: { type: 'break', node, sequence, reason: error.message } }
  }
}

/** The batches of a node, first those already read. */
async function* nodeBatches(
  { files, auditFolder, key, handover }: MergedLogDependencies,
  node: string,
  from: LogPosition,
): AsyncGenerator<FactBatch> {
  let position = from
  for (let next = handover?.find(node, from.point); next !== undefined; ) {
    yield next
    position = next.end
    next = handover?.find(node, position.point)
  }
  const log = { files, folder: join(auditFolder, node), chain: { node, key }, fromFirstKept: true }
  const reader = new EventReader()
  for await (const { events, end } of followLog(log, position)) {
    yield { end, ...factsOf(reader.readAll(events).map(({ event }) => event)) }
  }
}
