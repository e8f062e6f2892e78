import { join } from 'node:path'
import { parseBase64, toBase64, utf8 } from '../../base/bytes.ts'
import type { Random } from '../../base/ports.ts'
import type { Ed25519Key } from '../../crypto/ed25519.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import {
  insert,
  type Kind,
  LIST_MAX_RECORDS,
  type Records,
  replace,
  type Stored,
} from '../../store/records.ts'
import type { ChainPoint } from '../log/chain.ts'
import type { AuditFiles } from '../log/files.ts'
import { AUDIT_HEAD_PARTITION, type AuditHead } from '../log/head.ts'
import { CHECKPOINTS_FOLDER, checkpointName } from './kept-checkpoints.ts'
import { GrowingTree } from './merkle.ts'
import { originOf, signCheckpoint } from './note.ts'
import { TREE_START, type TreeState } from './tree.ts'

/** The record from which a node's tree grows. */
type AuditTreeValue = {
  readonly format: 1
  readonly segment: number
  readonly offset: number
  readonly line: number
  readonly sequence: number
  readonly mac: string
  readonly hashes: readonly string[]
}

/** Trees at their last checkpoints: partition {@link AUDIT_HEAD_PARTITION}, name the node. */
const AUDIT_TREE: Kind<AuditTreeValue> = kindOfFormat1('audit-tree')

/** The dependencies of making checkpoints. */
export type CheckpointDependencies = {
  readonly records: Records
  readonly files: AuditFiles
  /** The folder with the nodes' folders. */
  readonly folder: string
  readonly signingKey: Ed25519Key
  readonly random: Pick<Random, 'uuid'>
  /** Grows a node's tree up to a sequence number: see `growTree`. */
  readonly grow: (node: string, from: TreeState, until: number) => Promise<TreeState>
}

/**
 * Makes, signs and stores the checkpoint of a node at its saved head. It continues the checkpoint before, so
 * the two are consistent.
 *
 * @throws LogBroken, StoreFailure, StoreConflict when another process makes one at the same time.
 */
export async function makeCheckpoint(
  dependencies: CheckpointDependencies,
  node: string,
  head: AuditHead,
): Promise<string> {
  const { records, signingKey } = dependencies
  const present = await records.get(AUDIT_TREE, AUDIT_HEAD_PARTITION, node)
  const from = present === undefined ? TREE_START : decodeTree(present.value)
  const known = from.position.point.sequence
  const state = known >= head.sequence ? from : await dependencies.grow(node, from, head.sequence)
  const size = state.position.point.sequence
  const root = new GrowingTree(size, state.hashes).root()
  const note = signCheckpoint(signingKey, { origin: originOf(signingKey, node), size, root })
  // The tree is committed before the signature: so nothing inconsistent with a signature is ever signed.
  if (size > known) await records.commit([treeChange(present, node, state)])
  await keep(dependencies, node, size, note)
  return note
}

/** The ends of all nodes' trees. */
export async function readTrees(records: Records): Promise<ReadonlyMap<string, ChainPoint>> {
  const page = await records.list(AUDIT_TREE, { partition: AUDIT_HEAD_PARTITION, limit: LIST_MAX_RECORDS })
  return new Map(page.records.map(({ name, value }) => [name, decodeTree(value).position.point]))
}

function treeChange(present: Stored<AuditTreeValue> | undefined, node: string, state: TreeState) {
  const value = encodeTree(state)
  return present === undefined
    ? insert(AUDIT_TREE, AUDIT_HEAD_PARTITION, node, value)
    : replace(present, value)
}

async function keep(
  { files, folder, random }: CheckpointDependencies,
  node: string,
  size: number,
  note: string,
): Promise<void> {
  const own = join(folder, CHECKPOINTS_FOLDER, node)
  const name = checkpointName(size)
  await files.makeFolder(own)
  if ((await files.list(own)).includes(name)) return
  // Several workers and commands store one checkpoint at the same time: each writes a file of its own.
  const aside = join(own, `${name}.${random.uuid()}.new`)
  const file = await files.openAppend(aside)
  try {
    await file.truncate(0)
    const bytes = utf8(note)
    for (let written = 0; written < bytes.length; ) written += await file.write(bytes.subarray(written))
  } finally {
    await file.close()
  }
  await files.rename(aside, join(own, name))
  await files.syncFolder(own)
}

function encodeTree({ position, hashes }: TreeState): AuditTreeValue {
  const { segment, offset, line, point } = position
  const mac = toBase64(point.mac)
  return { format: 1, segment, offset, line, sequence: point.sequence, mac, hashes: hashes.map(toBase64) }
}

function decodeTree({ segment, offset, line, sequence, mac, hashes }: AuditTreeValue): TreeState {
  const bytes = (text: string): Uint8Array => parseBase64(text) ?? new Uint8Array(0)
  return {
    position: { segment, offset, line, point: { sequence, mac: bytes(mac) } },
    hashes: hashes.map(bytes),
  }
}
