import { assert } from '../../base/assert.ts'
import { concatBytes, equalConstantTime, fromUtf8, toBase64, utf8 } from '../../base/bytes.ts'
import { type Chain, ChainMac, type ChainPoint } from './chain.ts'
import type { AuditHead } from './head.ts'
import type { Part } from './read.ts'
import { batchMacOf, batchTimeOf, formatBatchLine, formatSegmentLine, parseSegmentLine } from './segment.ts'

type BatchPart = Extract<Part, { type: 'batch' }>

/** The options of following a chain. */
export type WalkOptions = {
  /** Points of sealed records that the chain must pass. */
  readonly pins?: readonly Pin[]
  /** Leaves MACs to {@link ChainWalk.settle}, which is as reliable but cannot locate damage. */
  readonly sparse?: boolean
}

/** Follows a chain through the parts of its segments, one after the other. */
export class ChainWalk {
  readonly #node: string
  readonly #macs: ChainMac
  readonly #head: AuditHead | undefined
  readonly #pins: readonly Pin[]
  readonly #sparse: boolean
  /** The last batch: its hash, and its MAC as in its line; nothing when `#point` is that batch. */
  #last: { readonly hash: Uint8Array; readonly mac: string } | undefined
  #point: ChainPoint
  #sequence: number
  #at = 0

  constructor(
    chain: Chain,
    head: AuditHead | undefined,
    point: ChainPoint,
    { pins = [], sparse = false }: WalkOptions = {},
  ) {
    this.#node = chain.node
    this.#macs = new ChainMac(chain, point)
    this.#head = head
    this.#pins = [...(head === undefined ? [] : [{ ...head, by: 'the saved head' }]), ...pins]
    this.#sparse = sparse
    this.#point = point
    this.#sequence = point.sequence
  }

  /** The point after the last part that was as it was written. */
  get point(): ChainPoint {
    assert(this.#last === undefined, 'the chain is not settled')
    return this.#point
  }

  /** The last sequence number of the last batch that was as it was written. */
  get sequence(): number {
    return this.#sequence
  }

  /** The time of that batch. */
  get at(): number {
    return this.#at
  }

  /** Whether the saved head covers events beyond the point. */
  get isCovered(): boolean {
    return this.#head !== undefined && this.#head.sequence > this.#sequence
  }

  /** Takes the next part. Returns what is wrong with it; or nothing, and moves the point on. */
  step(part: Part): string | undefined {
    switch (part.type) {
      case 'header':
        return this.settle() ?? this.#header(part.text)
      case 'batch':
        return this.#batch(part)
      case 'rest':
        return part.overlong ? 'no batch line follows' : 'the last batch is incomplete'
    }
  }

  /** Checks the MAC of the last batch, which covers all batches before it and their MACs. */
  settle(): string | undefined {
    if (this.#last === undefined) return undefined
    const { hash, mac } = this.#last
    const right = this.#macs.mac(hash)
    if (!equalConstantTime(utf8(toBase64(right)), utf8(mac))) return WRONG_MAC
    this.#point = { sequence: this.#sequence, mac: concatBytes(hash, right) }
    this.#last = undefined
    return undefined
  }

  #header(text: Uint8Array): string | undefined {
    const line = formatSegmentLine(this.#node, this.#point)
    return line === fromUtf8(text) ? undefined : whyHeader(this.#node, this.#point, text)
  }

  #batch(part: BatchPart): string | undefined {
    const { count, events, text } = part
    const first = this.#sequence + 1
    const sequence = this.#sequence + count
    const at = batchTimeOf(text)
    const hash = this.#macs.hash({ first, count, at, events })
    const line = text.toString('latin1')
    const isChecked = !this.#sparse || this.#isPinned(first, sequence)
    const right = isChecked ? this.#macs.mac(hash) : undefined
    const mac = right === undefined ? batchMacOf(line) : toBase64(right)
    const expected = formatBatchLine({ first, count, sizeBytes: events.length, at, mac })
    if (count === 0 || !(isChecked ? equalConstantTime(utf8(expected), text) : expected === line))
      return whyBatch(this.#sequence, part)
    if (right === undefined) this.#last = { hash, mac }
    else {
      const next = { sequence, mac: concatBytes(hash, right) }
      const conflict = this.#conflict(next)
      if (conflict !== undefined) return conflict
      this.#point = next
      this.#last = undefined
    }
    this.#macs.follow(hash, mac)
    this.#sequence = sequence
    this.#at = at
    return undefined
  }

  #isPinned(first: number, last: number): boolean {
    for (const { sequence } of this.#pins) if (sequence >= first && sequence <= last) return true
    return false
  }

  #conflict(next: ChainPoint): string | undefined {
    return this.#pins
      .map((pin) => pinConflict(pin, this.#sequence, next))
      .find((conflict) => conflict !== undefined)
  }
}

/** A point that the chain must pass, and the record that names it. */
export type Pin = ChainPoint & { readonly by: string }

/** Why a pin conflicts with a chain that has a batch from one point to the next. */
function pinConflict({ sequence, mac, by }: Pin, from: number, to: ChainPoint): string | undefined {
  if (sequence <= from || sequence > to.sequence) return undefined
  if (sequence < to.sequence) return `${by}, event ${sequence}, is not the end of a batch`
  if (equalConstantTime(mac, to.mac)) return undefined
  return `the batch that ends with event ${sequence} is not the one that ${by} tells of`
}

const WRONG_MAC = 'the MAC of the batch is not that of its events and the batch before'
const BATCH_LINE =
  /^\{"batch":\{"first":(\d{1,16}),"count":(\d{1,16}),"bytes":(\d{1,16}),"at":\d{1,16},"mac":"[^"]*"\}\}\n$/

/** The most likely fault of a bad batch. */
function whyBatch(last: number, { text, count, events }: BatchPart): string {
  const [, first, counted, sizeBytes] = BATCH_LINE.exec(fromUtf8(text)) ?? []
  if (first === undefined) return 'the batch line is malformed'
  if (Number(first) > last + 1)
    return `events ${last + 1} to ${Number(first) - 1} are missing: the next batch begins with ${first}`
  if (Number(first) < last + 1)
    return `a batch that begins with event ${first} where event ${last + 1} must follow`
  if (Number(counted) !== count) return `a batch of ${counted} events has ${count} lines`
  if (Number(sizeBytes) !== events.length) return `a batch of ${sizeBytes} bytes has ${events.length}`
  return WRONG_MAC
}

function whyHeader(node: string, point: ChainPoint, text: Uint8Array): string {
  const header = parseSegmentLine(text)
  if (header === undefined) return 'the segment line is malformed'
  if (header.node !== node) return `the segment is one of ${header.node}`
  if (header.point.sequence !== point.sequence)
    return `the segment begins with event ${header.point.sequence + 1} where event ${point.sequence + 1} must follow`
  return `the segment does not follow the batch before: its MAC is ${toBase64(point.mac)}`
}
