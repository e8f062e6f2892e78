import { parseBase64, toBase64 } from '../../base/bytes.ts'
import type { LogPosition } from './follow.ts'

/** A place in a node's log, as in records. */
export type PlaceValue = {
  readonly segment: number
  readonly offset: number
  readonly line: number
  readonly sequence: number
  /** Base64. */
  readonly mac: string
}

/** Places in the logs of nodes, by node, for a record. */
export function encodePositions(
  positions: Readonly<Record<string, LogPosition>>,
): Readonly<Record<string, PlaceValue>> {
  return Object.fromEntries(
    Object.entries(positions).map(([node, { segment, offset, line, point }]) => {
      const place: PlaceValue = { segment, offset, line, sequence: point.sequence, mac: toBase64(point.mac) }
      return [node, place]
    }),
  )
}

/** The inverse of `encodePositions`. */
export function decodePositions(
  positions: Readonly<Record<string, PlaceValue>>,
): Readonly<Record<string, LogPosition>> {
  return Object.fromEntries(
    Object.entries(positions).map(([node, { segment, offset, line, sequence, mac }]) => {
      const point = { sequence, mac: parseBase64(mac) ?? new Uint8Array(0) }
      return [node, { segment, offset, line, point }]
    }),
  )
}
