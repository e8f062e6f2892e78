import { equalConstantTime, fromUtf8, toBase64, utf8 } from '../base/bytes.ts'
import type { AuditHead } from './head.ts'
import type { Part } from './read.ts'
import {
  type Chain,
  type ChainPoint,
  formatBatchLine,
  formatSegmentLine,
  nextPoint,
  parseSegmentLine,
} from './segment.ts'

type BatchPart = Extract<Part, { type: 'batch' }>

/** A chain that is followed through the parts of its segments, one after the other. */
export class ChainWalk {
  readonly #chain: Chain
  readonly #head: AuditHead | undefined
  #point: ChainPoint

  constructor(chain: Chain, head: AuditHead | undefined, point: ChainPoint) {
    this.#chain = chain
    this.#head = head
    this.#point = point
  }

  /** After the last part that was as it was written. */
  get point(): ChainPoint {
    return this.#point
  }

  /** Whether the saved head tells of events beyond the point. */
  get isCovered(): boolean {
    return this.#head !== undefined && this.#head.sequence > this.#point.sequence
  }

  /** Takes the next part; says what is wrong with it, or nothing and the point moves on. */
  step(part: Part): string | undefined {
    switch (part.type) {
      case 'header':
        return this.#header(part.text)
      case 'batch':
        return this.#batch(part)
      case 'rest':
        return part.overlong ? 'no batch line follows' : 'the last batch is incomplete'
    }
  }

  #header(text: Uint8Array): string | undefined {
    const line = formatSegmentLine(this.#chain.node, this.#point)
    return line === fromUtf8(text) ? undefined : whyHeader(this.#chain.node, this.#point, text)
  }

  #batch(part: BatchPart): string | undefined {
    const next = nextPoint(this.#chain, this.#point, part.count, part.events)
    const line = utf8(formatBatchLine(next, part.count, part.events.length))
    if (part.count === 0 || !equalConstantTime(line, part.text)) return whyBatch(this.#point, part)
    const conflict = headConflict(this.#head, this.#point, next)
    if (conflict === undefined) this.#point = next
    return conflict
  }
}

/** Why a head does not belong to a chain that has a batch from one point to the next. */
function headConflict(head: AuditHead | undefined, from: ChainPoint, to: ChainPoint): string | undefined {
  if (head === undefined || head.sequence <= from.sequence || head.sequence > to.sequence) return undefined
  if (head.sequence < to.sequence) return `the saved head, event ${head.sequence}, is not the end of a batch`
  if (equalConstantTime(head.mac, to.mac)) return undefined
  return `the batch that ends with event ${head.sequence} is not the one that the saved head tells of`
}

const BATCH_LINE =
  /^\{"batch":\{"first":(\d{1,16}),"count":(\d{1,16}),"bytes":(\d{1,16}),"mac":"[^"]*"\}\}\n$/

/** Says of a bad batch what is most likely wrong with it. */
function whyBatch(point: ChainPoint, { text, count, events }: BatchPart): string {
  const [, first, counted, sizeBytes] = BATCH_LINE.exec(fromUtf8(text)) ?? []
  if (first === undefined) return 'the batch line is malformed'
  if (Number(first) > point.sequence + 1)
    return `events ${point.sequence + 1} to ${Number(first) - 1} are missing: the next batch begins with ${first}`
  if (Number(first) < point.sequence + 1)
    return `a batch that begins with event ${first} where event ${point.sequence + 1} must follow`
  if (Number(counted) !== count) return `a batch of ${counted} events has ${count} lines`
  if (Number(sizeBytes) !== events.length) return `a batch of ${sizeBytes} bytes has ${events.length}`
  return 'the MAC of the batch is not that of its events and the batch before'
}

function whyHeader(node: string, point: ChainPoint, text: Uint8Array): string {
  const header = parseSegmentLine(text)
  if (header === undefined) return 'the segment line is malformed'
  if (header.node !== node) return `the segment is one of ${header.node}`
  if (header.point.sequence !== point.sequence)
    return `the segment begins with event ${header.point.sequence + 1} where event ${point.sequence + 1} must follow`
  return `the segment does not follow the batch before: its MAC is ${toBase64(point.mac)}`
}
