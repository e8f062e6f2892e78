import { join } from 'node:path'
import type { Ed25519Key } from '../../crypto/ed25519.ts'
import type { HmacKey } from '../../crypto/hmac.ts'
import { segmentFiles } from '../archive/segment-files.ts'
import type { ChainPoint } from '../log/chain.ts'
import type { Damage } from '../log/damage.ts'
import type { AuditFiles } from '../log/files.ts'
import type { AuditHead } from '../log/head.ts'
import { nodesAmong } from '../log/slot.ts'
import type { KeptCheckpoint } from '../proofs/kept-checkpoints.ts'
import { olderHead, type UnfinishedTail, type VerifiedNode, verifyNode, type Warning } from './verify-node.ts'

/** What a verification works with. */
export type VerifyDependencies = {
  /** The folder that holds the nodes' folders. */
  readonly folder: string
  readonly key: HmacKey
  /** The saved heads by node, read before this is called. */
  readonly heads: ReadonlyMap<string, AuditHead>
  /** Where the trees of checkpoints end, by node, read before the heads. */
  readonly trees?: ReadonlyMap<string, ChainPoint>
  /** The checkpoints that are kept, read before the heads. */
  readonly checkpoints?: readonly KeptCheckpoint[]
  /** Up to where logs are archived, by node, read before the heads. */
  readonly archived?: ReadonlyMap<string, ChainPoint>
  /** The key that signs manifests of archives; without it, the verifier does not check them. */
  readonly signingKey?: Ed25519Key
  /** When the heads were read; a log that is written since is longer. */
  readonly now?: number
  readonly files?: AuditFiles
}

/** What a verification has found. What it counts was as it was written. */
export type Verification = {
  readonly nodes: number
  readonly segments: number
  readonly batches: number
  readonly events: number
  /** Checkpoints whose signatures are right. */
  readonly checkpoints: number
  /** In the order of nodes and sequence numbers; nothing when the log is whole. */
  readonly firstDamage: Damage | undefined
  /** The first warnings of each node: what is not damage, but needs the operator's attention. */
  readonly warnings: readonly Warning[]
  /** Places where the clock went back, those that are not among the warnings too. */
  readonly clockSteps: number
  readonly unfinished: readonly UnfinishedTail[]
  /** Nodes that have events but no saved head, so that a cut-off tail would not be seen. */
  readonly withoutHead: readonly string[]
}

/** Checks every event of every node. It may run while the log is being written. */
export async function verifyLog(dependencies: VerifyDependencies): Promise<Verification> {
  const { files = segmentFiles, folder, heads, key, trees, checkpoints = [] } = dependencies
  const { now = Number.POSITIVE_INFINITY, signingKey, archived } = dependencies
  const told = [...heads.keys(), ...(trees?.keys() ?? []), ...checkpoints.map(({ node }) => node)]
  const nodes = nodesAmong([...(await files.list(folder)), ...told])
  const found: VerifiedNode[] = []
  for (const node of nodes) {
    const own = {
      files,
      folder: join(folder, node),
      node,
      key,
      now,
      signingKey,
      archived: archived?.get(node),
    }
    found.push(await verifyNode({ ...own, head: heads.get(node), tree: trees?.get(node) }))
  }
  const sum = (count: (verifier: VerifiedNode) => number) =>
    found.reduce((total, one) => total + count(one), 0)
  const damages = [...found.map((one) => one.damage), ...checkpointDamages(checkpoints, found, heads)]
  return {
    nodes: nodes.length,
    segments: sum((one) => one.segments),
    batches: sum((one) => one.batches),
    events: sum((one) => one.events),
    checkpoints: checkpoints.filter(({ size }) => size !== undefined).length,
    firstDamage: damages.find((damage) => damage !== undefined),
    warnings: found.flatMap((one) => one.warnings),
    clockSteps: sum((one) => one.clockSteps),
    unfinished: found.map((one) => one.unfinished).filter((tail) => tail !== undefined),
    withoutHead: found.filter((one) => one.events > 0 && !heads.has(one.node)).map((one) => one.node),
  }
}

/** Finds checkpoints that are malformed, or that cover more events than the log or its saved head has. */
function checkpointDamages(
  checkpoints: readonly KeptCheckpoint[],
  found: readonly VerifiedNode[],
  heads: ReadonlyMap<string, AuditHead>,
): readonly Damage[] {
  return checkpoints.flatMap(({ node, folder, file, size }) => {
    const events = found.find((one) => one.node === node)?.end ?? 0
    const place = { node: folder, file, offset: 0, line: 1 }
    const head = heads.get(node)
    if (size === undefined)
      return [{ ...place, sequence: 1, what: 'the checkpoint is malformed, or not one of this log' }]
    const sequence = events + 1
    if (size > events)
      return [{ ...place, sequence, what: `it covers events up to ${size}, the log has ${events}` }]
    if (size > (head?.sequence ?? 0))
      return [{ ...place, sequence: (head?.sequence ?? 0) + 1, what: olderHead(head, size) }]
    return []
  })
}
