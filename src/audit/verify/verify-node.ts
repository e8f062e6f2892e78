import { basename, dirname, join } from 'node:path'
import { equalConstantTime } from '../../base/bytes.ts'
import type { Ed25519Key } from '../../crypto/ed25519.ts'
import type { HmacKey } from '../../crypto/hmac.ts'
import { ArchiveDamaged, archivePaths, openManifest, readManifest } from '../archive/archive.ts'
import { CHAIN_START, type ChainPoint } from '../log/chain.ts'
import { ChainWalk } from '../log/chain-walk.ts'
import type { Damage } from '../log/damage.ts'
import type { AuditFiles } from '../log/files.ts'
import { readStart } from '../log/follow.ts'
import type { AuditHead } from '../log/head.ts'
import { openSegment, type Part, type SegmentReader } from '../log/read.ts'
import { segmentName, segmentsAmong } from '../log/segment.ts'
import { originOf } from '../proofs/note.ts'
import { TimeOrder } from './time-order.ts'

/** Bytes beyond the head that are not a batch yet: being written now, or torn off by a crash. */
export type UnfinishedTail = {
  readonly node: string
  readonly file: string
  readonly offset: number
  readonly sizeBytes: number
}

/** Something that is not damage, and that somebody should look at. */
export type Warning = Damage

/** What a node is verified with. */
export type NodeDependencies = {
  readonly files: AuditFiles
  readonly folder: string
  readonly node: string
  readonly key: HmacKey
  readonly head: AuditHead | undefined
  /** Where the tree of the last checkpoint ends. */
  readonly tree: ChainPoint | undefined
  /** Up to where the log is archived; archives may be kept elsewhere. */
  readonly archived: ChainPoint | undefined
  /** The key that signs manifests of archives; without it, the verifier does not check them. */
  readonly signingKey: Ed25519Key | undefined
  /** When the heads were read. */
  readonly now: number
}

/** A head is saved every second. One that is this much older than the log was not, or is an old copy. */
export const HEAD_LATE_MS = 60_000

/** What a node's verification has found. */
export type VerifiedNode = {
  readonly node: string
  readonly segments: number
  readonly batches: number
  /** Events that were verified. */
  readonly events: number
  /** The last of them. */
  readonly end: number
  readonly clockSteps: number
  readonly damage: Damage | undefined
  readonly warnings: readonly Warning[]
  readonly unfinished: UnfinishedTail | undefined
}

/** Verifies a node. Only if a quick pass finds damage, a second pass checks every MAC, to find the place. */
export async function verifyNode(dependencies: NodeDependencies): Promise<VerifiedNode> {
  const quick = new NodeVerifier(dependencies, true)
  await quick.run()
  if (quick.damage === undefined) return quick
  const thorough = new NodeVerifier(dependencies, false)
  await thorough.run()
  return thorough
}

/** One node's verification: it ends at the first damaged place, since the chain is lost there. */
class NodeVerifier {
  readonly #dependencies: NodeDependencies
  readonly #sparse: boolean
  #walk: ChainWalk
  #start = CHAIN_START
  readonly #times = new TimeOrder()
  /** Where the last good part ends. */
  #end = { file: segmentName(1), offset: 0, line: 1 }
  /** When the batch that ends with the head was written. */
  #headAt: number | undefined
  readonly warnings: Warning[] = []
  #stepsNoted = 0
  segments = 0
  batches = 0
  damage: Damage | undefined
  unfinished: UnfinishedTail | undefined

  constructor(dependencies: NodeDependencies, sparse: boolean) {
    this.#dependencies = dependencies
    this.#sparse = sparse
    this.#walk = this.#walkFrom(CHAIN_START)
  }

  #walkFrom(start: ChainPoint): ChainWalk {
    const { tree, archived, head } = this.#dependencies
    const pins = [
      ...(tree === undefined ? [] : [{ ...tree, by: 'the last checkpoint' }]),
      ...(archived === undefined ? [] : [{ ...archived, by: 'the record of archives' }]),
    ]
    return new ChainWalk(this.#dependencies, head, start, { pins, sparse: this.#sparse })
  }

  get node(): string {
    return this.#dependencies.node
  }

  get events(): number {
    return this.#walk.sequence - this.#start.sequence
  }

  get end(): number {
    return this.#walk.sequence
  }

  get clockSteps(): number {
    return this.#times.count
  }

  async run(): Promise<void> {
    const { files, folder } = this.#dependencies
    const segments = segmentsAmong(await files.list(folder))
    await this.#begin(segments[0] ?? 1)
    for (const first of segments) {
      await this.#segment(first, first === segments.at(-1))
      if (this.damage !== undefined) return
    }
    this.#finish()
  }

  /** Begins after archives that are kept elsewhere, where the record of archives allows it. */
  async #begin(first: number): Promise<void> {
    const { files, folder, archived } = this.#dependencies
    if (first === 1 || archived === undefined || first > archived.sequence + 1) return
    const start = await readStart(files, join(folder, segmentName(first)))
    if (start?.sequence !== first - 1) return
    // At the end of what is archived the record has the point; before, the chain must come to it.
    this.#start = start.sequence === archived.sequence ? archived : start
    this.#walk = this.#walkFrom(this.#start)
    const what = `events 1 to ${first - 1} are in archives that are kept elsewhere, and were not verified`
    this.warnings.push({ node: this.node, file: segmentName(1), offset: 0, line: 1, sequence: 1, what })
  }

  /** What the records tell of the end of the log. */
  #finish(): void {
    const { head, tree, now } = this.#dependencies
    const what = this.#endConflict(head, tree)
    if (what !== undefined) {
      this.#fail(what)
      return
    }
    const lateMs = Math.min(this.#walk.at, now) - (this.#headAt ?? Number.POSITIVE_INFINITY)
    if (lateMs <= HEAD_LATE_MS) return
    this.#warn(`the saved head, event ${head?.sequence}, is ${lateMs / 1000} s older than the end of the log`)
  }

  #endConflict(head: AuditHead | undefined, tree: ChainPoint | undefined): string | undefined {
    const { sequence } = this.#walk
    const [saved, covered] = [head?.sequence ?? 0, tree?.sequence ?? 0]
    if (saved > sequence) return `the log ends, but the saved head tells of events up to ${saved}`
    if (covered > sequence) return `the log ends, but the last checkpoint tells of events up to ${covered}`
    return covered > saved ? olderHead(head, covered) : undefined
  }

  async #segment(first: number, isLast: boolean): Promise<void> {
    const { folder } = this.#dependencies
    const file = segmentName(first)
    const next = this.#walk.sequence + 1
    this.#end = { file, offset: 0, line: 1 }
    if (first !== next) {
      this.#fail(
        first > next
          ? `events ${next} to ${first - 1} are missing`
          : `a segment that begins with event ${first} where ${next} must follow`,
      )
      return
    }
    const reader = await this.#open(join(folder, file))
    if (reader === undefined) return
    try {
      await this.#read(reader, file, isLast)
    } catch (error) {
      if (!(error instanceof ArchiveDamaged)) throw error
      this.#fail(error.message)
    } finally {
      await reader.close()
    }
    if (this.damage !== undefined) return
    const wrong = await this.#archiveConflict(first)
    if (wrong !== undefined) {
      this.#fail(wrong)
      return
    }
    this.segments += 1
    const isEmpty = this.#walk.sequence < first
    if (isEmpty && !isLast) this.#fail('the segment holds no batch')
  }

  async #open(path: string): Promise<SegmentReader | undefined> {
    try {
      return await openSegment(this.#dependencies.files, path)
    } catch (error) {
      if (!(error instanceof ArchiveDamaged)) throw error
      this.#fail(error.message)
      return undefined
    }
  }

  /** Why the manifest of a segment that is archived is not its own. */
  async #archiveConflict(first: number): Promise<string | undefined> {
    const { files, folder, signingKey, node } = this.#dependencies
    const { archive, manifest: path } = archivePaths(join(folder, segmentName(first)))
    if (signingKey === undefined || !(await files.list(dirname(archive))).includes(basename(path)))
      return undefined
    const { note } = await readManifest(files, path, node)
    const key = { name: originOf(signingKey, node), publicKey: signingKey.publicKey }
    const manifest = openManifest(note, node, key)
    const { sequence, mac } = this.#walk.point
    const isOwn =
      manifest?.first === first && manifest.last === sequence && equalConstantTime(manifest.end, mac)
    return isOwn ? undefined : 'the manifest of its archive is malformed, or not its own'
  }

  async #read(reader: SegmentReader, file: string, isLast: boolean): Promise<void> {
    for (;;) {
      const part = reader.next()
      if (part === undefined) {
        if (await reader.more()) continue
        break
      }
      if (!this.#take(part, file)) return
    }
    const unsettled = this.#walk.settle()
    if (unsettled !== undefined) {
      this.#fail(unsettled)
      return
    }
    const rest = reader.rest()
    if (rest === undefined) return
    if (isLast && !(rest.type === 'rest' && rest.overlong) && !this.#walk.isCovered) {
      const { offset, endOffset } = rest
      this.unfinished = { node: this.node, file, offset, sizeBytes: endOffset - offset }
      return
    }
    this.#take(rest, file)
  }

  /** Whether the part is as it was written. */
  #take(part: Part, file: string): boolean {
    const sequence = this.#walk.sequence + 1
    const what = this.#walk.step(part)
    const { offset, line, endOffset } = part
    this.#end = { file, offset, line }
    if (what !== undefined) {
      this.#fail(what)
      return false
    }
    if (part.type === 'batch') {
      this.batches += 1
      this.#times.take(part, sequence, this.#walk.at)
      if (this.#walk.sequence === this.#dependencies.head?.sequence) this.#headAt = this.#walk.at
    }
    this.#end = { file, offset: endOffset, line: line + (part.type === 'batch' ? part.count + 1 : 1) }
    this.#noteSteps(file)
    return true
  }

  #noteSteps(file: string): void {
    const known = this.#stepsNoted
    for (const step of this.#times.steps.slice(known)) {
      this.warnings.push({ node: this.node, file, ...step })
      this.#stepsNoted += 1
    }
  }

  #warn(what: string): void {
    this.warnings.push({ node: this.node, ...this.#end, sequence: this.#walk.sequence + 1, what })
  }

  #fail(what: string): void {
    this.damage = { node: this.node, ...this.#end, sequence: this.#walk.sequence + 1, what }
  }
}

/** What is wrong with a head that ends before what a checkpoint covers. */
export function olderHead(head: AuditHead | undefined, covered: number): string {
  const end =
    head === undefined
      ? 'there is no saved head'
      : `the saved head tells of events up to ${head.sequence} only`
  return `a checkpoint covers events up to ${covered}, but ${end}: its record is lost, or an older one`
}
