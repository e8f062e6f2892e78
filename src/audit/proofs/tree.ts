import { fromUtf8 } from '../../base/bytes.ts'
import { type FollowDependencies, followLog, LOG_START, LogBroken, type LogPosition } from '../log/follow.ts'
import { GrowingTree, type LeafRange, leafHash } from './merkle.ts'

/** A node's tree at a position of its log. */
export type TreeState = { readonly position: LogPosition; readonly hashes: readonly Uint8Array[] }

/** The tree before any event. */
export const TREE_START: TreeState = { position: LOG_START, hashes: [] }

const LINE_END = 0x0a

/**
 * The tree at the batch that ends with a sequence number.
 *
 * @throws LogBroken when the log does not continue to there.
 */
export async function growTree(
  dependencies: FollowDependencies,
  from: TreeState,
  until: number,
): Promise<TreeState> {
  let { position } = from
  const tree = new GrowingTree(position.point.sequence, from.hashes)
  if (position.point.sequence < until) {
    for await (const batch of followLog(dependencies, position)) {
      for (const line of linesOf(batch.events)) tree.append(leafHash(line))
      position = batch.end
      if (position.point.sequence >= until) break
    }
  }
  if (position.point.sequence === until) return { position, hashes: tree.hashes }
  throw new LogBroken(
    `${dependencies.chain.node}: the log does not have a batch that ends with event ${until}`,
  )
}

/** The roots of ranges of leaves that do not overlap, in the order of the ranges. @throws LogBroken. */
export async function rootsOf(
  dependencies: FollowDependencies,
  ranges: readonly LeafRange[],
): Promise<readonly Uint8Array[]> {
  const trees = ranges.map((range) => ({ range, tree: new GrowingTree() }))
  const waiting = trees.toSorted((a, b) => a.range.begin - b.range.begin)
  const end = Math.max(0, ...ranges.map((range) => range.end))
  let index = 0
  for await (const batch of followLog(dependencies, LOG_START)) {
    for (const line of linesOf(batch.events)) {
      while (waiting[0] !== undefined && waiting[0].range.end <= index) waiting.shift()
      if (waiting[0] !== undefined && waiting[0].range.begin <= index) waiting[0].tree.append(leafHash(line))
      index += 1
    }
    if (index >= end) break
  }
  if (index < end) throw new LogBroken(`${dependencies.chain.node}: the log ends before event ${end}`)
  return trees.map(({ tree }) => tree.root())
}

/** An event in a node's log. */
export type LocatedEvent = { readonly index: number; readonly line: string }

/** The event with an id, and its place from 0; nothing when it is not in the node's log. @throws LogBroken. */
export async function findEvent(
  dependencies: FollowDependencies,
  eventId: string,
): Promise<LocatedEvent | undefined> {
  const needle = Buffer.from(`"eventID":${JSON.stringify(eventId)}`)
  let index = 0
  for await (const batch of followLog(dependencies, LOG_START)) {
    if (asBuffer(batch.events).includes(needle)) {
      for (const [at, bytes] of [...linesOf(batch.events)].entries()) {
        const line = fromUtf8(bytes)
        if (line.includes(eventId) && parseEventId(line) === eventId) return { index: index + at, line }
      }
    }
    index += batch.count
  }
  return undefined
}

/** The id of an event that is in the log, whose MAC has been checked. */
function parseEventId(line: string): string {
  const { eventID } = JSON.parse(line) as { readonly eventID: string }
  return eventID
}

function* linesOf(events: Uint8Array): Generator<Uint8Array> {
  for (let begin = 0; begin < events.length; ) {
    const end = events.indexOf(LINE_END, begin)
    yield events.subarray(begin, end)
    begin = end + 1
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
