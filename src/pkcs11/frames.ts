/**
 * Frames between the server and the process of a token: a header of JSON, and pieces of bytes.
 *
 * A frame is the size of what follows and the size of the header, 4 bytes each, big-endian; the header, whose member
 * `sizes` has the sizes of the pieces; and the pieces. Bytes are never text, so that they can be cleared.
 */

import { parseJsonText } from '../base/json-text.ts'

/** More than the largest call and the largest answer. */
const FRAME_MAX_BYTES = 262_144
const SIZE_BYTES = 4
const PIECES_MAX = 8

/** A frame that was received. */
export type Frame = {
  readonly header: Readonly<Record<string, unknown>>
  readonly pieces: readonly Uint8Array[]
}

/** The bytes of a frame. */
export function encodeFrame(header: object, pieces: readonly Uint8Array[]): Uint8Array {
  const sizes = pieces.map(({ length }) => length)
  const text = Buffer.from(JSON.stringify({ ...header, sizes }))
  const total = SIZE_BYTES + text.length + sizes.reduce((sum, size) => sum + size, 0)
  const frame = Buffer.alloc(SIZE_BYTES + total)
  frame.writeUInt32BE(total, 0)
  frame.writeUInt32BE(text.length, SIZE_BYTES)
  let at = 2 * SIZE_BYTES
  for (const part of [text, ...pieces]) {
    frame.set(part, at)
    at += part.length
  }
  return frame
}

/** Takes frames out of the chunks of a stream. */
export class FrameReader {
  #held: Uint8Array = new Uint8Array(0)

  /** The frames that a chunk completes. @throws Error for bytes that are no frame. */
  push(chunk: Uint8Array): readonly Frame[] {
    let held = Buffer.concat([this.#held, chunk])
    this.#held.fill(0)
    const frames: Frame[] = []
    while (held.length >= SIZE_BYTES) {
      const total = held.readUInt32BE(0)
      if (total > FRAME_MAX_BYTES) throw new Error('a frame is too long')
      if (held.length < SIZE_BYTES + total) break
      frames.push(parseFrame(held.subarray(SIZE_BYTES, SIZE_BYTES + total)))
      held = held.subarray(SIZE_BYTES + total)
    }
    this.#held = held
    return frames
  }
}

function parseFrame(bytes: Buffer): Frame {
  if (bytes.length < SIZE_BYTES) throw new Error('a frame is too short')
  const headerEnd = SIZE_BYTES + bytes.readUInt32BE(0)
  if (headerEnd > bytes.length) throw new Error('a header is longer than its frame')
  const header = parseJsonText(bytes.toString('utf8', SIZE_BYTES, headerEnd))
  if (typeof header !== 'object' || header === null) throw new Error('a header is no object')
  const members: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(header))
  const pieces: Uint8Array[] = []
  let at = headerEnd
  for (const size of sizesOf(members['sizes'])) {
    pieces.push(Uint8Array.from(bytes.subarray(at, at + size)))
    at += size
  }
  if (at !== bytes.length) throw new Error('the pieces of a frame do not fill it')
  return { header: members, pieces }
}

function sizesOf(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length > PIECES_MAX || !value.every(isSize))
    throw new Error('a header has no sizes')
  return value
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= FRAME_MAX_BYTES
}
