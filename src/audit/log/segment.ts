/** The lines of a segment: `docs/reference/formats/audit-log.md`. */

import { fromUtf8, parseBase64, toBase64 } from '../../base/bytes.ts'
import { type ChainPoint, MAC_CHARS } from './chain.ts'

/** A segment that has reached this size is closed. */
export const SEGMENT_MAX_BYTES = 67_108_864
/** Events in one batch. */
export const BATCH_MAX_EVENTS = 4096
/** The events of one batch together, in bytes: readers hold no more than that. */
export const BATCH_MAX_BYTES = 8_388_608
/** How every event begins, and so no segment line or batch line. */
export const EVENT_START = '{"eventVersion":'
/** How every batch line begins. */
export const BATCH_START = '{"batch":{'
/** A segment line or a batch line is never longer than this. */
export const FRAME_MAX_BYTES = 512
/** The purpose of the audit key, for `deriveKey`. */
export const AUDIT_KEY_INFO = 'holdfast/audit/1/chain'

/** The line that begins a segment after `point`, with its line end. */
export function formatSegmentLine(node: string, point: ChainPoint): string {
  return `{"segment":{"format":1,"node":"${node}","first":${point.sequence + 1},"prev":"${toBase64(point.mac)}"}}\n`
}

/** What a batch line says; the MAC is in base64. */
export type BatchLine = {
  readonly first: number
  readonly count: number
  readonly sizeBytes: number
  readonly at: number
  readonly mac: string
}

/** The line that ends a batch, with its line end. */
export function formatBatchLine({ first, count, sizeBytes, at, mac }: BatchLine): string {
  return `${BATCH_START}"first":${first},"count":${count},"bytes":${sizeBytes},"at":${at},"mac":"${mac}"}}\n`
}

/** `"}}` and the line end. */
const AFTER_MAC_BYTES = 4

/** Returns what stands where a batch line has its MAC. The caller formats the line again to check that it is one. */
export function batchMacOf(line: string): string {
  return line.slice(-MAC_CHARS - AFTER_MAC_BYTES, -AFTER_MAC_BYTES)
}

/** `,"mac":"` and what follows. */
const AFTER_TIME_BYTES = 8 + MAC_CHARS + AFTER_MAC_BYTES
const TIME_MAX_DIGITS = 16
const DIGIT_0 = 0x30
const COLON = 0x3a

/** Returns what stands where a batch line has its time. The caller formats the line again to check that it is one. */
export function batchTimeOf(line: Uint8Array): number {
  let value = 0
  let scale = 1
  for (
    let at = line.length - AFTER_TIME_BYTES - 1, digits = 0;
    digits <= TIME_MAX_DIGITS;
    at -= 1, digits += 1
  ) {
    const byte = line[at] ?? COLON
    if (byte === COLON) return value
    value += (byte - DIGIT_0) * scale
    scale *= 10
  }
  return 0
}

const SEGMENT_LINE =
  /^\{"segment":\{"format":1,"node":"(node-\d{1,3})","first":([1-9]\d{0,15}),"prev":"([A-Za-z0-9+/]{86}==)"\}\}\n$/

/** What a segment line says, or nothing when it is not exactly one. */
export function parseSegmentLine(
  line: Uint8Array,
): { readonly node: string; readonly point: ChainPoint } | undefined {
  const [, node, first, prev] = SEGMENT_LINE.exec(fromUtf8(line)) ?? []
  const mac = parseBase64(prev ?? '')
  if (node === undefined || mac === undefined) return undefined
  const point = { sequence: Number(first) - 1, mac }
  // The last digit of Base64 has unused bits: Holdfast writes zeros there, and this refuses any other form.
  return formatSegmentLine(node, point) === fromUtf8(line) ? { node, point } : undefined
}

const SEGMENT_NAME = /^(\d{16})\.jsonl$/
const SEQUENCE_DIGITS = 16

/** The file name of the segment whose first event has this sequence number. */
export function segmentName(first: number): string {
  return `${String(first).padStart(SEQUENCE_DIGITS, '0')}.jsonl`
}

/** The first sequence numbers of the segments among the names of a folder, in order. */
export function segmentsAmong(names: readonly string[]): readonly number[] {
  return names
    .map((name) => SEGMENT_NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}
