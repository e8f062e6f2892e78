/** For tests: an audit log of several nodes that was recorded once, as data that can be spoiled. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChainPoint } from '../../src/audit/log/chain.ts'
import { CHAIN_START } from '../../src/audit/log/chain.ts'
import { systemFiles } from '../../src/audit/log/files.ts'
import { followLog, LOG_START } from '../../src/audit/log/follow.ts'
import type { AuditHead } from '../../src/audit/log/head.ts'
import { AuditLog } from '../../src/audit/log/writer.ts'
import { CHECKPOINTS_FOLDER, checkpointName } from '../../src/audit/proofs/kept-checkpoints.ts'
import { GrowingTree } from '../../src/audit/proofs/merkle.ts'
import { originOf, signCheckpoint } from '../../src/audit/proofs/note.ts'
import { growTree, TREE_START } from '../../src/audit/proofs/tree.ts'
import { silentLog } from '../../src/base/log.ts'
import { Secret } from '../../src/base/secret.ts'
import { ed25519Key } from '../../src/crypto/ed25519.ts'
import { TEST_KEY, TestTime } from '../support/audit-log.ts'

/** The nodes of the recorded log. */
export const NODES = ['node-0', 'node-1'] as const
/** What signs its checkpoints. */
export const SIGNING_KEY = ed25519Key(new Secret(new Uint8Array(32).fill(9)))

/** A log as data: files by their paths in the audit folder, and what the records tell of it. */
export type LogState = {
  readonly files: ReadonlyMap<string, Buffer>
  readonly heads: ReadonlyMap<string, AuditHead>
  readonly trees: ReadonlyMap<string, ChainPoint>
}

/** The end of a batch. */
type BatchEnd = AuditHead & { readonly offset: number; readonly at: number }

/** What was recorded, and every head that it has had. */
export type Recorded = LogState & { readonly ends: ReadonlyMap<string, readonly BatchEnd[]> }

const SEGMENT_BYTES = 3000
const BATCHES = 50
/** Between two batches: a head that is ten batches old is an old copy. */
const BATCH_MS = 7000
/** How many batches of each node a checkpoint covers: all but the last. */
const BATCHES_COVERED = BATCHES - 3

/** Records a log in an empty folder. */
export async function recordLog(folder: string): Promise<Recorded> {
  const heads = new Map<string, AuditHead>()
  const trees = new Map<string, ChainPoint>()
  const ends = new Map<string, readonly BatchEnd[]>()
  for (const node of NODES) {
    const own = join(folder, node)
    const found = await recordNode(own, node)
    heads.set(node, found.head)
    const covered = found.ends[BATCHES_COVERED - 1]?.sequence ?? 0
    const tree = await growTree(
      { files: systemFiles, folder: own, chain: { node, key: TEST_KEY } },
      TREE_START,
      covered,
    )
    trees.set(node, tree.position.point)
    ends.set(node, found.ends)
    keepCheckpoint(folder, node, covered, tree.hashes)
  }
  return { files: readFiles(folder), heads, trees, ends }
}

async function recordNode(
  own: string,
  node: string,
): Promise<{ readonly head: AuditHead; readonly ends: readonly BatchEnd[] }> {
  mkdirSync(own, { recursive: true })
  const time = new TestTime()
  let head: AuditHead | undefined
  const chain = { node, key: TEST_KEY }
  const log = new AuditLog({
    ...{ folder: own, chain, tail: { point: CHAIN_START, segment: undefined }, files: systemFiles },
    ...{ clock: time, timers: time, log: silentLog, segmentMaxBytes: SEGMENT_BYTES },
    saveHead: async (next) => {
      head = next
    },
  })
  const times: number[] = []
  for (let batch = 0; batch < BATCHES; batch += 1) {
    time.pass(BATCH_MS)
    times.push(time.now())
    const events = Array.from({ length: 1 + ((batch * 5) % 4) }, (_, index) =>
      record(`${node}-${batch}-${index}`, time.now()),
    )
    await Promise.all(events.map((event) => log.append(event)))
  }
  await log.close()
  const ends: BatchEnd[] = []
  for await (const { segment, end } of followLog({ files: systemFiles, folder: own, chain }, LOG_START))
    ends.push({ ...end.point, segment, offset: end.offset, at: times[ends.length] ?? 0 })
  if (head === undefined || ends.length !== BATCHES) throw new Error('the log was not recorded')
  return { head, ends }
}

function record(id: string, at: number): string {
  const eventTime = `${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
  return JSON.stringify({
    ...{ eventVersion: '1.11', userIdentity: { type: 'IAMUser', userName: `user-${id}` }, eventTime },
    ...{ eventName: 'Encrypt', eventID: id, requestParameters: { keyId: 'é"\\'.repeat(id.length) } },
  })
}

function keepCheckpoint(folder: string, node: string, size: number, hashes: readonly Uint8Array[]): void {
  const own = join(folder, CHECKPOINTS_FOLDER, node)
  mkdirSync(own, { recursive: true })
  const root = new GrowingTree(size, hashes).root()
  writeFileSync(
    join(own, checkpointName(size)),
    signCheckpoint(SIGNING_KEY, { origin: originOf(SIGNING_KEY, node), size, root }),
  )
}

function readFiles(folder: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const paths = names.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort()
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path))]))
}
