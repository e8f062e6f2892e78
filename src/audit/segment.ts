/** The lines of a segment: `docs/formats/audit-log.md`. */

import { fromUtf8, lengthPrefixed, parseBase64, toBase64, uint32 } from '../base/bytes.ts'
import { type HmacKey, hmacSha256 } from '../crypto/hmac.ts'

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

const LABEL = 'holdfast/audit/1'
const MAC_BYTES = 32

/** How far a chain has come: the last sequence number and the MAC of its batch. */
export type ChainPoint = { readonly sequence: number; readonly mac: Uint8Array }

/** Where the chain of every node begins. */
export const CHAIN_START: ChainPoint = { sequence: 0, mac: new Uint8Array(MAC_BYTES) }

/** The chain of one node: whose it is, and the key of its MACs. */
export type Chain = { readonly node: string; readonly key: HmacKey }

/** The point after a batch whose `events` (lines with their line ends) follow `point`. */
export function nextPoint(chain: Chain, point: ChainPoint, count: number, events: Uint8Array): ChainPoint {
  const first = uint64(point.sequence + 1)
  const prefix = lengthPrefixed(LABEL, chain.node, point.mac, first, uint64(count))
  const mac = hmacSha256(chain.key, prefix, uint32(events.length), events)
  return { sequence: point.sequence + count, mac }
}

/** The line that begins a segment after `point`, with its line end. */
export function formatSegmentLine(node: string, point: ChainPoint): string {
  return `{"segment":{"format":1,"node":"${node}","first":${point.sequence + 1},"prev":"${toBase64(point.mac)}"}}\n`
}

/** The line that ends a batch at `point`, with its line end. */
export function formatBatchLine(point: ChainPoint, count: number, sizeBytes: number): string {
  const first = point.sequence - count + 1
  return `${BATCH_START}"first":${first},"count":${count},"bytes":${sizeBytes},"mac":"${toBase64(point.mac)}"}}\n`
}

const SEGMENT_LINE =
  /^\{"segment":\{"format":1,"node":"(node-\d{1,3})","first":([1-9]\d{0,15}),"prev":"([A-Za-z0-9+/]{43}=)"\}\}\n$/

/** What a segment line says, or nothing when it is not exactly one. */
export function parseSegmentLine(
  line: Uint8Array,
): { readonly node: string; readonly point: ChainPoint } | undefined {
  const [, node, first, prev] = SEGMENT_LINE.exec(fromUtf8(line)) ?? []
  const mac = parseBase64(prev ?? '')
  if (node === undefined || mac === undefined) return undefined
  const point = { sequence: Number(first) - 1, mac }
  // Base64 has spare bits in its last digit: only one way to write them is ours.
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

function uint64(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
