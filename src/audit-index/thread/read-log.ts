import type { CheckpointDependencies } from '../../audit/proofs/checkpoints.ts'
import type { Collected, CollectQuestion } from '../collect.ts'
import type { Gathered, GatherQuestion } from '../gather.ts'
import type { IndexThread } from './index-thread.ts'

/** Extends Merkle trees on the index thread, since hashing a busy hour takes long. */
export function treeGrower(index: IndexThread): CheckpointDependencies['grow'] {
  return async (node, from, until) => (await index.ask({ ask: 'tree', node, from, until, reachMs: 0 })).value
}

/** Collects events on the index thread. */
export function eventCollector(index: IndexThread): (question: CollectQuestion) => Promise<Collected> {
  return async (question) => (await index.ask({ ask: 'collect', question, reachMs: 0 })).value
}

/** Gathers the records that lead to events, on the index thread. */
export function recordGatherer(index: IndexThread): (question: GatherQuestion) => Promise<Gathered> {
  return async (question) => (await index.ask({ ask: 'gather', question, reachMs: 0 })).value
}

/** The number of a node's events up to a sequence number that are not indexed yet. */
export function indexLag(index: IndexThread): (node: string, sequence: number) => Promise<number> {
  return async (node, sequence) => {
    const { value } = await index.ask({ ask: 'sequences', reachMs: 0 })
    return Math.max(0, sequence - (value[node] ?? 0))
  }
}

/** How long the index may take to reach the end of the log; after a start, it has to be opened first. */
const REACH_MS = 10_000

/** By node, the last indexed event. */
export function indexedUpTo(index: IndexThread): () => Promise<Readonly<Record<string, number>>> {
  return async () => (await index.ask({ ask: 'sequences', reachMs: REACH_MS })).value
}
