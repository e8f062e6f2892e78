import { join } from 'node:path'
import type { HmacKey } from '../crypto/hmac.ts'
import { ChainWalk } from './check.ts'
import type { Damage } from './damage.ts'
import { type AuditFiles, systemFiles } from './files.ts'
import type { AuditHead } from './head.ts'
import { type Part, readSegment } from './read.ts'
import { CHAIN_START, segmentName, segmentsAmong } from './segment.ts'
import { nodesAmong } from './slot.ts'

/** What a verification works with. */
export type VerifyParts = {
  /** The folder that holds the nodes' folders. */
  readonly folder: string
  readonly key: HmacKey
  /** The saved heads by node, read before this is called. */
  readonly heads: ReadonlyMap<string, AuditHead>
  readonly files?: AuditFiles
}

/** Bytes beyond the head that are not a batch yet: being written now, or torn off by a crash. */
type UnfinishedTail = {
  readonly node: string
  readonly file: string
  readonly offset: number
  readonly sizeBytes: number
}

/** What a verification has found. What it counts was as it was written. */
export type Verification = {
  readonly nodes: number
  readonly segments: number
  readonly batches: number
  readonly events: number
  /** In the order of nodes and sequence numbers; nothing when the log is whole. */
  readonly firstDamage: Damage | undefined
  readonly unfinished: readonly UnfinishedTail[]
  /** Nodes that have events but no saved head, so that a cut-off tail would not be seen. */
  readonly withoutHead: readonly string[]
}

/** Checks every event of every node. It may run while the log is being written. */
export async function verifyLog(parts: VerifyParts): Promise<Verification> {
  const { files = systemFiles, folder, heads, key } = parts
  const nodes = nodesAmong([...(await files.list(folder)), ...heads.keys()])
  const found: NodeVerifier[] = []
  for (const node of nodes) {
    const verifier = new NodeVerifier({ files, folder: join(folder, node), node, key, head: heads.get(node) })
    await verifier.run()
    found.push(verifier)
  }
  const sum = (count: (verifier: NodeVerifier) => number) =>
    found.reduce((total, one) => total + count(one), 0)
  return {
    nodes: nodes.length,
    segments: sum((one) => one.segments),
    batches: sum((one) => one.batches),
    events: sum((one) => one.events),
    firstDamage: found.find((one) => one.damage !== undefined)?.damage,
    unfinished: found.map((one) => one.unfinished).filter((tail) => tail !== undefined),
    withoutHead: found.filter((one) => one.events > 0 && !heads.has(one.node)).map((one) => one.node),
  }
}

type NodeParts = {
  readonly files: AuditFiles
  readonly folder: string
  readonly node: string
  readonly key: HmacKey
  readonly head: AuditHead | undefined
}

/** One node's verification: it ends at the first damaged place, since the chain is lost there. */
class NodeVerifier {
  readonly #parts: NodeParts
  readonly #walk: ChainWalk
  /** Where the last good part ends. */
  #end = { offset: 0, line: 1 }
  segments = 0
  batches = 0
  damage: Damage | undefined
  unfinished: UnfinishedTail | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.#walk = new ChainWalk(parts, parts.head, CHAIN_START)
  }

  get node(): string {
    return this.#parts.node
  }

  get events(): number {
    return this.#walk.point.sequence
  }

  async run(): Promise<void> {
    const { files, folder, head } = this.#parts
    const segments = segmentsAmong(await files.list(folder))
    for (const first of segments) {
      await this.#segment(first, first === segments.at(-1))
      if (this.damage !== undefined) return
    }
    if (this.#walk.isCovered)
      this.#fail(
        segments.at(-1) ?? 1,
        `the log ends, but the saved head tells of events up to ${head?.sequence}`,
        this.#end,
      )
  }

  async #segment(first: number, isLast: boolean): Promise<void> {
    const { files, folder, node } = this.#parts
    const file = segmentName(first)
    const next = this.#walk.point.sequence + 1
    if (first > next) return this.#fail(first, `events ${next} to ${first - 1} are missing`)
    if (first < next)
      return this.#fail(first, `a segment that begins with event ${first} where ${next} must follow`)
    for await (const part of readSegment(files, join(folder, file))) {
      const what = this.#walk.step(part)
      if (what !== undefined && isLast && this.#isUnfinished(part)) {
        const { offset, endOffset } = part
        this.unfinished = { node, file, offset, sizeBytes: endOffset - offset }
        this.segments += 1
        return
      }
      if (what !== undefined) return this.#fail(first, what, part)
      if (part.type === 'batch') this.batches += 1
      this.#end = { offset: part.endOffset, line: part.line + (part.type === 'batch' ? part.count + 1 : 1) }
    }
    this.segments += 1
    const isEmpty = this.#walk.point.sequence < first
    if (isEmpty && !isLast) this.#fail(first, 'the segment holds no batch')
  }

  #isUnfinished(part: Part): boolean {
    return part.type === 'rest' && !part.overlong && !this.#walk.isCovered
  }

  #fail(first: number, what: string, part?: { readonly offset: number; readonly line: number }): void {
    this.damage = {
      node: this.#parts.node,
      file: segmentName(first),
      offset: part?.offset ?? 0,
      line: part?.line ?? 1,
      sequence: this.#walk.point.sequence + 1,
      what,
    }
  }
}
