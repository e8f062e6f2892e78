import type { CheckpointDependencies } from '../../audit/proofs/checkpoints.ts'
import type { Collected, CollectQuestion } from '../collect.ts'
import type { Gathered, GatherQuestion } from '../gather.ts'
import type { IndexThread } from './index-thread.ts'

/** Grows trees on the index's thread: hashing a busy hour takes a while. */
export function treeGrower(index: IndexThread): CheckpointDependencies['grow'] {
  return async (node, from, until) => (await index.ask({ ask: 'tree', node, from, until, reachMs: 0 })).value
}

/** Collects events on the index's thread. */
export function eventCollector(index: IndexThread): (question: CollectQuestion) => Promise<Collected> {
  return async (question) => (await index.ask({ ask: 'collect', question, reachMs: 0 })).value
}

/** Gathers the records that events are made of, on the index's thread. */
export function recordGatherer(index: IndexThread): (question: GatherQuestion) => Promise<Gathered> {
  return async (question) => (await index.ask({ ask: 'gather', question, reachMs: 0 })).value
}

/** How many events of a node, up to a sequence number, the index does not have yet. */
export function indexLag(index: IndexThread): (node: string, sequence: number) => Promise<number> {
  return async (node, sequence) => {
    const { value } = await index.ask({ ask: 'sequences', reachMs: 0 })
    return Math.max(0, sequence - (value[node] ?? 0))
  }
}

/** How long the index may take to come to where the log is: at a start it has to be opened first. */
const REACH_MS = 10_000

/** By node, the last event that is in the index. */
export function indexedUpTo(index: IndexThread): () => Promise<Readonly<Record<string, number>>> {
  return async () => (await index.ask({ ask: 'sequences', reachMs: REACH_MS })).value
}
